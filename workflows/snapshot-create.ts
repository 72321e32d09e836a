// snapshotCreate: a point-in-time copy on the volume's own back-end.
import { operationWorkflow } from './support/operation.ts';

export const snapshotCreate = operationWorkflow('snapshotCreate', async (run) => {
  const [snapshotFacts] = Object.values(run.granted.facts.snapshots);
  if (!snapshotFacts?.host) throw new Error('the volume of the snapshot is on no back-end');
  const { host, ...snapshot } = snapshotFacts;
  const request = { claim: run.claim, snapshot };
  run.undo('remove the snapshot', () =>
    run.onVolumeHost(host, 'Remove the half-made snapshot', (on) =>
      on.removeSnapshot({ ...request, claim: run.claim }),
    ),
  );
  await run.onVolumeHost(host, `Snapshot ${snapshot.sizeGib} GiB`, (on) => on.createSnapshot(request));
  return {};
});
