// snapshotUnmanage: the snapshot stays on its back-end and is nobody's concern here any more.
import { closeSuperseded } from './support/superseded.ts';
import { operationWorkflow } from './support/operation.ts';

export const snapshotUnmanage = operationWorkflow('snapshotUnmanage', async (run) => {
  const { supersedes = [] } = run.input<{ supersedes?: readonly string[] }>();
  await closeSuperseded(run, supersedes);
  const [snapshot] = Object.values(run.granted.facts.snapshots);
  if (!snapshot?.host) return {};
  // A backup of it that was cut off may have left one.
  await run.onVolumeHost(snapshot.host, 'Take a leftover export away', (on) =>
    on.removeExport({ claim: run.claim, volumeId: snapshot.id }),
  );
  return {};
});
