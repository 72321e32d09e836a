// volumeRevert: the volume's bytes become those of its latest snapshot.
import { placedHost } from './support/connection.ts';
import { operationWorkflow } from './support/operation.ts';

interface VolumeRevertInput {
  readonly volumeId: string;
  readonly snapshotId: string;
}

export const volumeRevert = operationWorkflow('volumeRevert', async (run) => {
  const { volumeId, snapshotId } = run.input<VolumeRevertInput>();
  const { sizeGib } = run.volume(volumeId);
  const { host: _, ...snapshot } = run.snapshot(snapshotId);
  await run.passPointOfNoReturn([placedHost(run, volumeId)]);
  await run.onVolumeHost(placedHost(run, volumeId), `Revert ${sizeGib} GiB to snapshot ${snapshotId}`, (on) =>
    on.revertVolume({ claim: run.claim, volume: { id: volumeId, sizeGib }, snapshot }),
  );
  return {};
});
