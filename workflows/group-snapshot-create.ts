// groupSnapshotCreate: snapshots of all of a group's volumes, of one moment where the back-end can.
import { serviceHostOf } from '../domain/backend-host.ts';
import { operationWorkflow } from './support/operation.ts';
import type { OperationRun } from './support/run.ts';

interface GroupSnapshotCreateInput {
  readonly groupSnapshotId: string;
  readonly snapshotIds: readonly string[];
}

export const groupSnapshotCreate = operationWorkflow('groupSnapshotCreate', async (run) => {
  const { groupSnapshotId, snapshotIds } = run.input<GroupSnapshotCreateInput>();
  for (const [host, snapshots] of byBackend(run, snapshotIds)) {
    const request = () => ({ claim: run.claim, groupSnapshotId, snapshots });
    run.undo('remove the snapshots', () =>
      run.onVolumeHost(host, 'Remove the half-made snapshots', (on) => on.removeSnapshots(request())),
    );
    await run.onVolumeHost(host, `Snapshot ${snapshots.length} volumes`, (on) => on.createSnapshots(request()));
  }
  return {};
});

/** A group shares one back-end; volumes that came to it later may be on another pool of that. */
export function byBackend(run: OperationRun, snapshotIds: readonly string[]) {
  const found = new Map<string, { id: string; volumeId: string; sizeGib: number }[]>();
  for (const id of snapshotIds) {
    const { host, volumeId, sizeGib } = run.snapshot(id);
    if (host === null) continue;
    const backend = serviceHostOf(host);
    found.set(backend, [...(found.get(backend) ?? []), { id, volumeId, sizeGib }]);
  }
  return found;
}
