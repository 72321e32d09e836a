// Finds the group snapshot that a request names, among those that its caller may see.
import { findGroupSnapshot, type GroupSnapshotRow } from '../../prisma/store/groups/group-snapshots.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import type { Policy } from '../http/policy.ts';
import { visibleTo } from '../lists/list.ts';

export const groupSnapshotNotFound = (id: string): ApiError =>
  new ApiError('GroupSnapshotNotFound', { group_snapshot_id: id });

/** Throws GroupSnapshotNotFound; another project's is not found either. */
export async function mustFindGroupSnapshot(
  context: RequestContext,
  id: string,
  policy: Policy,
): Promise<GroupSnapshotRow> {
  const snapshot = await findGroupSnapshot(context.db, id, visibleTo(context));
  if (!snapshot) throw groupSnapshotNotFound(id);
  context.authorize(policy, snapshot);
  return snapshot;
}
