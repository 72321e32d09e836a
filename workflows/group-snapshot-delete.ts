// groupSnapshotDelete: ends what was paused on it, then removes all of its snapshots.
import { byBackend } from './group-snapshot-create.ts';
import { closeSuperseded } from './support/superseded.ts';
import { operationWorkflow } from './support/operation.ts';

interface GroupSnapshotDeleteInput {
  readonly groupSnapshotId: string;
  readonly snapshotIds: readonly string[];
  readonly supersedes?: readonly string[];
}

export const groupSnapshotDelete = operationWorkflow('groupSnapshotDelete', async (run) => {
  const { groupSnapshotId, snapshotIds, supersedes = [] } = run.input<GroupSnapshotDeleteInput>();
  await closeSuperseded(run, supersedes);
  const snapshotsByBackend = byBackend(run, snapshotIds);
  await run.passPointOfNoReturn([...snapshotsByBackend.keys()]);
  for (const [host, snapshots] of snapshotsByBackend) {
    await run.onVolumeHost(host, `Remove ${snapshots.length} snapshots`, (on) =>
      on.removeSnapshots({ claim: run.claim, groupSnapshotId, snapshots }),
    );
  }
  return {};
});
