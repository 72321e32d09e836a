// revert (3.40): to the latest snapshot only, as Cinder does.
import { latestSnapshot } from '../../prisma/store/snapshots/snapshots.ts';
import type { VolumeRow } from '../../prisma/store/volumes/volumes.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { submitOperation } from '../operations/submit.ts';

/** Accepts the revert. Throws BadRequest for another snapshot than the latest, Conflict for a wrong status. */
export async function revertVolume(
  context: RequestContext,
  volume: VolumeRow,
  snapshotId: string | null,
): Promise<void> {
  const { id } = volume;
  const latest = await latestSnapshot(context.db, id);
  if (!latest) throw new ApiError('BadRequest', { detail: `Volume ${id} doesn't have any snapshots.` });
  if (snapshotId !== latest.id) {
    const detail = `Specified snapshot ${snapshotId ?? 'None'} is None or not the latest one of volume ${id}.`;
    throw new ApiError('BadRequest', { detail });
  }
  if (latest.sizeGib !== volume.sizeGib) {
    const why = 'The volume size must be equal to the snapshot size.';
    throw new ApiError('BadRequest', {
      detail: `Can't revert volume ${id} to its latest snapshot ${latest.id}. ${why}`,
    });
  }
  await submitOperation(
    context,
    {
      kind: 'volumeRevert',
      resourceId: id,
      projectId: volume.projectId,
      input: { volumeId: id, snapshotId: latest.id },
      claims: [
        { resource: 'volume', id },
        { resource: 'snapshot', id: latest.id },
      ],
    },
    ({ resource }) => {
      const [name, whose] = resource === 'volume' ? ['volume', 'Volume'] : ['snapshot', 'Snapshot'];
      const what = `Can't revert volume ${id} to its latest snapshot ${latest.id}. ${whose}'s status must be 'available'.`;
      return new ApiError('Conflict', { detail: `Invalid ${name}: ${what}` });
    },
  );
}
