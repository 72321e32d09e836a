// Transfers as clients see them.
import type { TransferRow } from '../../prisma/store/volumes/transfers.ts';
import type { RequestContext } from '../http/context.ts';
import { resourceLinks } from '../http/links.ts';
import type { Microversion } from '../http/microversion.ts';
import { microversions } from '../http/microversion-table.ts';

/** https://docs.openstack.org/cinder/latest/contributor/api_microversion_history.html */
const addedFields: readonly { since: Microversion; key: string; value: (row: TransferRow) => unknown }[] = [
  { since: microversions.transferSnapshots, key: 'no_snapshots', value: (row) => row.noSnapshots },
  { since: microversions.transferHistory, key: 'destination_project_id', value: (row) => row.destinationProjectId },
  { since: microversions.transferHistory, key: 'source_project_id', value: (row) => row.sourceProjectId },
  { since: microversions.transferHistory, key: 'accepted', value: (row) => row.accepted },
];

/** Links name the older of the two APIs in both. */
export const transferCollection = 'os-volume-transfer';

export function transferSummaryView(context: RequestContext, { id, volumeId, name }: TransferRow) {
  return { id, volume_id: volumeId, name, links: resourceLinks(context, transferCollection, id) };
}

/** `authKey` only in the answer to its creation. */
export function transferDetailView(context: RequestContext, row: TransferRow, authKey?: string) {
  const added = addedFields.filter(({ since }) => context.atLeast(since)).map(({ key, value }) => [key, value(row)]);
  return {
    id: row.id,
    created_at: row.createdAt,
    name: row.name,
    volume_id: row.volumeId,
    ...(authKey === undefined ? {} : { auth_key: authKey }),
    links: resourceLinks(context, transferCollection, row.id),
    ...Object.fromEntries(added),
  };
}
