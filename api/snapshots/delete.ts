// Deleting a snapshot, also by force, and letting it go (unmanage).
import { operationTable } from '../../domain/operations.ts';
import { forceInto } from '../../prisma/store/operations/forced-status.ts';
import { findVolume } from '../../prisma/store/volumes/volumes.ts';
import type { SnapshotRow } from '../../prisma/store/snapshots/snapshots.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { mustNotBeFrozen } from '../services/frozen.ts';
import { submitOperation } from '../operations/submit.ts';

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
  await submitOperation(
    context,
    {
      kind: unmanage ? 'snapshotUnmanage' : 'snapshotDelete',
      resourceId: id,
      projectId,
      input: { snapshotId: id, volumeId },
      claims: [{ resource: 'snapshot', id }],
      within: async (tx) => {
        if (force) await forceInto(tx, { resource: 'snapshot', id, status: 'error', actor: context.userId }, deletable);
      },
    },
    () => {
      return refusal(force);
    },
  );
}

function refusal(force: boolean): ApiError {
  const status = force ? '' : `status must be ${deletable.join(' or ')} and`;
  return new ApiError('InvalidSnapshot', { reason: `Snapshot ${status} must not be part of a group.` });
}
