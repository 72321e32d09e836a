// Creating a volume's storage on one pool, telling apart "never started", "may have started" and "failed".
import { ParentClosePolicy, isCancellation, proxyActivities, sleep, startChild } from '@temporalio/workflow';
import type { CreateVolumeRequest, VolumeActivities, VolumeRequest } from '../../activities/volume.ts';
import { serviceHostOf } from '../../domain/backend-host.ts';
import { volumeQueue } from '../../domain/task-queues.ts';
import { despitePauses } from './backend-wait.ts';
import { control } from './control.ts';
import { fellSilent, neverStarted, readFailure } from './failures.ts';
import type { OperationRun } from './run.ts';

export type Created =
  | { readonly outcome: 'created' }
  /** No worker began it: it may go elsewhere without a trace. */
  | { readonly outcome: 'untouched'; readonly error: unknown }
  /** It failed, or its worker fell silent: something may be left there. */
  | { readonly outcome: 'touched'; readonly error: unknown };

/** Tries a pool as often as the policy says. Cancellations are thrown. */
export async function createOnPool(
  run: OperationRun,
  pool: string,
  volume: CreateVolumeRequest['volume'],
  source: CreateVolumeRequest['source'],
): Promise<Created> {
  const { policy } = run.granted;
  const host = serviceHostOf(pool);
  const summary = `Create ${volume.sizeGib} GiB on ${pool}`;
  run.show(summary);
  const on = proxyActivities<VolumeActivities>({
    taskQueue: volumeQueue(host),
    summary,
    startToCloseTimeout: '7 days',
    scheduleToStartTimeout: policy.hostPatienceMs,
    heartbeatTimeout: policy.heartbeatTimeoutMs,
    // Schedule-to-start says nothing about earlier attempts, so each attempt is a call of its own.
    retry: { maximumAttempts: 1 },
  });
  run.undo(`remove the volume from ${pool}`, () =>
    run.onVolumeHost(pool, 'Remove the half-made volume', (host) => host.removeVolume({ claim: run.claim, volume })),
  );
  if (run.rehearsing) return { outcome: 'created' };
  run.noteBackend(host);
  run.beginStep({ name: 'createVolume', host, summary });
  let touched = false;
  for (let attempt = 1; ;) {
    try {
      await despitePauses(run, () => run.begin(host, () => on.createVolume({ claim: run.claim, volume, source })));
      return { outcome: 'created' };
    } catch (error) {
      if (isCancellation(error)) throw error;
      if (neverStarted(error)) {
        // A busy queue is not a down host.
        if ((await control.hostStatus('cinder-volume', host)).up) continue;
        return { outcome: touched ? 'touched' : 'untouched', error };
      }
      touched = true;
      const failed = { outcome: 'touched', error } as const;
      if (attempt >= policy.maximumAttempts) return failed;
      // A worker that was killed is started again and finds what its predecessor had begun; a host that is down is left.
      if (fellSilent(error) && !(await control.hostStatus('cinder-volume', host)).up) return failed;
      if (!fellSilent(error) && readFailure(error).kind !== 'passing') return failed;
      await sleep(policy.initialIntervalMs * 2 ** attempt);
      attempt += 1;
    }
  }
}

/** Takes back what a failed pool may hold: its undo becomes a clean-up of its own, which waits for the host. */
export async function leaveBehind(
  run: OperationRun,
  pool: string,
  volume: VolumeRequest['volume'],
  outcome: 'untouched' | 'touched',
): Promise<void> {
  run.undone();
  if (outcome === 'untouched') return;
  await run.renewClaim();
  await startChild('volumeCleanup', {
    args: [{ pool, request: { claim: run.claim, volume } }],
    workflowId: `volumeCleanup/${volume.id}/${run.operationId}/${pool}/${run.epoch}`,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    staticSummary: `Clean up volume ${volume.id} on ${pool}`,
  });
}
