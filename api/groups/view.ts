// Groups as Cinder shows them.
import type { GroupRow } from '../../prisma/store/groups/groups.ts';
import type { RequestContext } from '../http/context.ts';
import { groupPolicy } from './policy.ts';
import { microversions } from '../http/microversion-table.ts';

export const groupSummaryView = ({ id, name }: Pick<GroupRow, 'id' | 'name'>) => ({ id, name });

/** Makes the view of one group in full; `volumeIds` where the request asks for them (3.25). */
export function groupDetailView(context: Pick<RequestContext, 'atLeast' | 'can'>) {
  const withSources = context.atLeast(microversions.groupSnapshots);
  const withReplication = context.atLeast(microversions.groupReplication);
  const withProject = context.atLeast(microversions.groupProject) && context.can(groupPolicy.showProject);
  return (row: GroupRow, volumeIds: readonly string[] | null): Record<string, unknown> => ({
    id: row.id,
    status: row.status,
    availability_zone: row.availabilityZone,
    created_at: row.createdAt,
    name: row.name,
    description: row.description,
    group_type: row.groupTypeId,
    volume_types: row.volumeTypeIds,
    ...(withSources ? { group_snapshot_id: row.groupSnapshotId, source_group_id: row.sourceGroupId } : {}),
    ...(volumeIds === null ? {} : { volumes: volumeIds }),
    // No back-end here replicates.
    ...(withReplication ? { replication_status: 'disabled' } : {}),
    ...(withProject ? { project_id: row.projectId } : {}),
  });
}
