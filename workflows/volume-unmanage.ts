// volumeUnmanage: the volume's bytes stay where they are and are nobody's concern here any more.
import { closeSuperseded } from './support/superseded.ts';
import { operationWorkflow } from './support/operation.ts';

export const volumeUnmanage = operationWorkflow('volumeUnmanage', async (run) => {
  const { supersedes = [] } = run.input<{ supersedes?: readonly string[] }>();
  await closeSuperseded(run, supersedes);
  const [volume] = Object.values(run.granted.facts.volumes);
  if (!volume?.host) return {};
  await run.onVolumeHost(volume.host, 'Take a leftover export away', (on) =>
    on.removeExport({ claim: run.claim, volumeId: volume.id }),
  );
  return {};
});
