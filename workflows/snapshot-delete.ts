// snapshotDelete: ends what was paused on the snapshot, then removes it from its back-end.
import { closeSuperseded } from './support/superseded.ts';
import { operationWorkflow } from './support/operation.ts';

export const snapshotDelete = operationWorkflow('snapshotDelete', async (run) => {
  const { supersedes = [] } = run.input<{ supersedes?: readonly string[] }>();
  await closeSuperseded(run, supersedes);
  const [facts] = Object.values(run.granted.facts.snapshots);
  if (!facts?.host) return {};
  const { host, ...snapshot } = facts;
  await run.passPointOfNoReturn([host]);
  await run.onVolumeHost(host, 'Remove the snapshot', (on) => on.removeSnapshot({ claim: run.claim, snapshot }));
  return {};
});
