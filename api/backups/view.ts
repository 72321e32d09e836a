// Backups as Cinder shows them.
import type { BackupRow } from '../../prisma/store/backups/backups.ts';
import type { RequestContext } from '../http/context.ts';
import { resourceLinks } from '../http/links.ts';
import type { Microversion } from '../http/microversion.ts';
import type { Policy } from '../http/policy.ts';
import { backupPolicy } from './policy.ts';
import { microversions } from '../http/microversion-table.ts';

type ViewContext = Parameters<typeof resourceLinks>[0] & Pick<RequestContext, 'atLeast' | 'can'>;

interface AddedField {
  readonly since: Microversion;
  readonly policy?: Policy;
  readonly key: string;
  readonly value: (row: BackupRow) => unknown;
}

/** https://docs.openstack.org/cinder/latest/contributor/api_microversion_history.html */
const addedFields: readonly AddedField[] = [
  { since: microversions.backupMetadata, key: 'metadata', value: (row) => JSON.parse(row.metadataJson) as unknown },
  {
    since: microversions.backupProject,
    policy: backupPolicy.showProject,
    key: 'os-backup-project-attr:project_id',
    value: (row) => row.projectId,
  },
  { since: microversions.backupUser, policy: backupPolicy.showProject, key: 'user_id', value: (row) => row.userId },
];

/** id, name and links. */
export function backupSummaryView(
  context: ViewContext,
): (row: Pick<BackupRow, 'id' | 'name'>) => Record<string, unknown> {
  return ({ id, name }) => ({ id, name, links: resourceLinks(context, 'backups', id) });
}

/** Makes the view of one backup in full, for a request. */
export function backupDetailView(context: ViewContext): (row: BackupRow) => Record<string, unknown> {
  const added = addedFields.filter(({ since, policy }) => context.atLeast(since) && (!policy || context.can(policy)));
  return (row) => {
    const view: Record<string, unknown> = {
      id: row.id,
      status: row.status,
      size: row.sizeGib,
      object_count: row.objectCount,
      availability_zone: row.availabilityZone,
      container: row.container,
      created_at: row.createdAt,
      updated_at: row.updatedAt,
      name: row.name,
      description: row.description,
      fail_reason: row.failReason,
      volume_id: row.volumeId,
      links: resourceLinks(context, 'backups', row.id),
      is_incremental: row.parentId !== null,
      has_dependent_backups: row.hasDependents,
      snapshot_id: row.snapshotId,
      data_timestamp: row.dataTimestamp,
    };
    for (const { key, value } of added) view[key] = value(row);
    return view;
  };
}
