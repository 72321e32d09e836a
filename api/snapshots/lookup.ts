// Finds the snapshot that a request names, among those that its caller may see.
import { findSnapshot, type SnapshotRow } from '../../prisma/store/snapshots/snapshots.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import type { Policy } from '../http/policy.ts';
import { visibleTo } from '../lists/list.ts';

export const snapshotNotFound = (id: string): ApiError => new ApiError('SnapshotNotFound', { snapshot_id: id });

/** Throws SnapshotNotFound; another project's snapshot is not found either. */
export async function mustFindSnapshot(context: RequestContext, id: string, policy: Policy): Promise<SnapshotRow> {
  const snapshot = await findSnapshot(context.db, id, visibleTo(context));
  if (!snapshot) throw snapshotNotFound(id);
  context.authorize(policy, snapshot);
  return snapshot;
}
