// Deleting a snapshot, also by force, and letting it go (unmanage).
import { operationTable } from '../../domain/operations.ts';
import { StatusConflictError } from '../../prisma/store/operations/accept-types.ts';
import { forceInto } from '../../prisma/store/operations/forced-status.ts';
import { findVolume } from '../../prisma/store/volumes/volumes.ts';
import type { SnapshotRow } from '../../prisma/store/snapshots/snapshots.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { mustNotBeFrozen } from '../services/frozen.ts';

const deletable = operationTable.snapshotDelete.claims[0].from;

/** Accepts the delete. With `force` the status does not matter. Throws InvalidSnapshot, SnapshotNotFound. */
export async function deleteSnapshot(
  context: RequestContext,
  snapshot: SnapshotRow,
  { force, unmanage = false }: { readonly force: boolean; readonly unmanage?: boolean },
): Promise<void> {
  const { id, volumeId, projectId } = snapshot;
  const volume = await findVolume(context.db, volumeId, null);
  await mustNotBeFrozen(context, volume?.host ?? null);
  if (snapshot.groupSnapshotId !== null) throw refusal(force);
  try {
    await context.operations.submit({
      kind: unmanage ? 'snapshotUnmanage' : 'snapshotDelete',
      operationId: context.operationId,
      resourceId: id,
      projectId,
      userId: context.userId,
      requestId: context.requestId,
      input: { snapshotId: id, volumeId },
      claims: [{ resource: 'snapshot', id }],
      reads: [],
      quota: [],
      within: async (tx) => {
        if (force) await forceInto(tx, { resource: 'snapshot', id, status: 'error', actor: context.userId }, deletable);
      },
    });
  } catch (error) {
    if (!(error instanceof StatusConflictError) || error.status === null) throw error;
    throw refusal(force);
  }
}

function refusal(force: boolean): ApiError {
  const status = force ? '' : `status must be ${deletable.join(' or ')} and`;
  return new ApiError('InvalidSnapshot', { reason: `Snapshot ${status} must not be part of a group.` });
}
