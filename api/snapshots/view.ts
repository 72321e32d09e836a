// Snapshots as Cinder shows them.
import type { SnapshotRow } from '../../prisma/store/snapshots/snapshots.ts';
import type { RequestContext } from '../http/context.ts';
import type { Microversion } from '../http/microversion.ts';
import { snapshotPolicy } from './policy.ts';
import { microversions } from '../http/microversion-table.ts';

/** https://docs.openstack.org/cinder/latest/contributor/api_microversion_history.html */
const addedFields: readonly { since: Microversion; key: string; value: (row: SnapshotRow) => unknown }[] = [
  { since: microversions.groupSnapshots, key: 'group_snapshot_id', value: (row) => row.groupSnapshotId },
  { since: microversions.snapshotUser, key: 'user_id', value: (row) => row.userId },
  { since: microversions.consumesQuota, key: 'consumes_quota', value: (row) => row.consumesQuota },
];

/** In short: what Cinder's plain list and the answers to create and update show. */
export function snapshotSummaryView(row: SnapshotRow): Record<string, unknown> {
  return {
    id: row.id,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
    name: row.name,
    description: row.description,
    volume_id: row.volumeId,
    status: row.status,
    size: row.sizeGib,
    metadata: JSON.parse(row.metadataJson) as unknown,
  };
}

/** Makes the view of one snapshot for a request; `extended` adds project and progress (show and detailed lists). */
export function snapshotDetailView(
  context: Pick<RequestContext, 'atLeast' | 'can'>,
  extended: boolean,
): (row: SnapshotRow) => Record<string, unknown> {
  const added = addedFields.filter(({ since }) => context.atLeast(since));
  const seesExtended = extended && context.can(snapshotPolicy.showExtended);
  return (row) => {
    const view = snapshotSummaryView(row);
    for (const { key, value } of added) view[key] = value(row);
    if (seesExtended) {
      view['os-extended-snapshot-attributes:project_id'] = row.projectId;
      view['os-extended-snapshot-attributes:progress'] = row.progress;
    }
    return view;
  };
}
