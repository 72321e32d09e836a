// volumeDelete: ends what was paused on the volume, erases and removes its storage (cascade: its snapshots' first).
import { closeSuperseded } from './support/superseded.ts';
import { operationWorkflow } from './support/operation.ts';
import type { OperationRun } from './support/run.ts';

interface VolumeDeleteInput {
  readonly supersedes?: readonly string[];
  readonly snapshotIds?: readonly string[];
}

export const volumeDelete = operationWorkflow('volumeDelete', async (run) => {
  const { supersedes = [], snapshotIds = [] } = run.input<VolumeDeleteInput>();
  await closeSuperseded(run, supersedes);
  const [volume] = Object.values(run.granted.facts.volumes);
  const host = volume?.host;
  if (!volume || !host) return {};
  await run.passPointOfNoReturn([host]);
  for (const id of snapshotIds) await removeSnapshot(run, id);
  await run.onVolumeHost(host, 'Erase and remove the volume', (on) =>
    on.removeVolume({ claim: run.claim, volume: { id: volume.id, sizeGib: volume.sizeGib } }),
  );
  return {};
});

async function removeSnapshot(run: OperationRun, snapshotId: string): Promise<void> {
  const { host, ...snapshot } = run.snapshot(snapshotId);
  if (host === null) return;
  await run.onVolumeHost(host, `Remove snapshot ${snapshotId}`, (on) =>
    on.removeSnapshot({ claim: run.claim, snapshot }),
  );
}
