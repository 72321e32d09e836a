// snapshotManage: take over a snapshot that an operator names on its volume's back-end.
import { ApplicationFailure } from '@temporalio/workflow';
import { operationWorkflow } from './support/operation.ts';

interface SnapshotManageInput {
  readonly snapshotId: string;
  /** Cinder's `source-name`. */
  readonly name: string;
}

export const snapshotManage = operationWorkflow('snapshotManage', async (run) => {
  const { snapshotId, name } = run.input<SnapshotManageInput>();
  const { host, id, volumeId, sizeGib } = run.snapshot(snapshotId);
  if (host === null) throw new Error(`the volume of snapshot ${snapshotId} is on no back-end`);
  const request = () => ({ claim: run.claim, snapshot: { id, volumeId }, name });
  run.undo('give it its old name back', () =>
    run.onVolumeHost(host, 'Give it its old name back', (on) => on.abandonSnapshot(request())),
  );
  const adopted = await run.onVolumeHost(host, `Take over ${name}`, (on) => on.adoptSnapshot(request()));
  if (adopted.sizeGib > sizeGib) {
    const message = `${name} has ${adopted.sizeGib} GiB, its volume ${sizeGib}: it is no snapshot of it`;
    throw ApplicationFailure.create({ type: 'ManageRefused', message, nonRetryable: true });
  }
  return {};
});
