// Deleting a volume, also by force, and letting it go (unmanage): in Cinder's conditions and words.
import { serviceHostOf } from '../../domain/backend-host.ts';
import { operationTable } from '../../domain/operations.ts';
import { forceInto } from '../../prisma/store/operations/forced-status.ts';
import { lockForDelete, snapshotIdsOf } from '../../prisma/store/volumes/guards.ts';
import type { VolumeRow } from '../../prisma/store/volumes/volumes.ts';
import type { RequestContext } from '../http/context.ts';
import { mustNotBeFrozen } from '../services/frozen.ts';
import { ApiError } from '../http/errors.ts';
import { submitOperation } from '../operations/submit.ts';

const deletable = operationTable.volumeDelete.claims[0].from;

export interface DeleteWish {
  readonly force: boolean;
  readonly cascade: boolean;
  /** True to leave its bytes where they are. */
  readonly unmanage?: boolean;
}

function refusal(force: boolean): ApiError {
  const status = force ? '' : `status must be ${deletable.join(' or ')} and`;
  const reason =
    `Volume ${status} must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, ` +
    'or be disassociated from snapshots after volume transfer.';
  return new ApiError('InvalidVolume', { reason });
}

/**
 * Accepts the delete. With `force` the status does not matter; with `cascade` the volume's snapshots go, too.
 * Throws InvalidVolume, VolumeNotFound.
 */
export async function deleteVolume(
  context: RequestContext,
  volume: VolumeRow,
  { force, cascade, unmanage = false }: DeleteWish,
): Promise<void> {
  const { id, host } = volume;
  await mustNotBeFrozen(context, host);
  const snapshotIds = cascade ? await snapshotIdsOf(context.db, id) : [];
  await submitOperation(
    context,
    {
      kind: unmanage ? 'volumeUnmanage' : 'volumeDelete',
      resourceId: id,
      projectId: volume.projectId,
      input: { volumeId: id, snapshotIds, ...(host === null ? {} : { backend: serviceHostOf(host) }) },
      claims: [
        { resource: 'volume', id },
        ...snapshotIds.map((snapshotId) => ({ resource: 'snapshot' as const, id: snapshotId })),
      ],
      within: async (tx) => {
        if (force) await forceInto(tx, { resource: 'volume', id, status: 'error', actor: context.userId }, deletable);
        if ((await lockForDelete(tx, id, snapshotIds)) !== null) throw refusal(force);
      },
    },
    () => refusal(force),
  );
}
