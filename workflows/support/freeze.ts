// Bytes that nobody writes while all of them are read: a snapshot, or an unattached volume itself.
import type { OperationRun } from './run.ts';

export interface FreezeWish {
  readonly volumeId: string;
  /** The user's own snapshot. */
  readonly snapshotId: string | null;
  /** host@backend#pool of the volume. */
  readonly host: string;
  /** Names a temporary snapshot, so that a repeat finds it and nobody mistakes it for a user's. */
  readonly temporaryId: string;
}

/** Answers the user's snapshot, a temporary one of a volume that is in use, or null: the volume itself. */
export async function freeze(run: OperationRun, { volumeId, snapshotId, host, temporaryId }: FreezeWish) {
  const nothing = () => Promise.resolve();
  if (snapshotId !== null) {
    const { host: _, ...snapshot } = run.snapshot(snapshotId);
    return { snapshot, thaw: nothing };
  }
  const volume = run.volume(volumeId);
  if (volume.previousStatus !== 'in-use') return { snapshot: null, thaw: nothing };
  const snapshot = { id: temporaryId, volumeId, sizeGib: volume.sizeGib };
  const remove = () =>
    run.onVolumeHost(host, 'Remove the temporary snapshot', (on) => on.removeSnapshot({ claim: run.claim, snapshot }));
  run.undo('remove the temporary snapshot', remove);
  await run.onVolumeHost(host, 'Take a temporary snapshot', (on) => on.createSnapshot({ claim: run.claim, snapshot }));
  return { snapshot, thaw: remove };
}
