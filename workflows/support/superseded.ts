// Ending the paused operations that a delete took its resource from, before anything of theirs is removed.
import { proxyActivities } from '@temporalio/workflow';
import type { SupersededActivities } from '../../activities/superseded.ts';
import { controlQueue } from '../../domain/task-queues.ts';
import type { OperationRun } from './run.ts';

const on = proxyActivities<SupersededActivities>({
  taskQueue: controlQueue,
  summary: 'Abort what was paused on this resource',
  startToCloseTimeout: '1 day',
  heartbeatTimeout: '30 s',
  retry: { initialInterval: '1 s', maximumInterval: '1 minute' },
});

/** Aborts them and waits until each has undone its steps and closed. */
export async function closeSuperseded(run: OperationRun, operationIds: readonly string[]): Promise<void> {
  if (run.rehearsing) return;
  for (const operationId of operationIds) {
    run.show(`Aborting the paused operation ${operationId} first`);
    await on.abortAndWait(operationId, `operation ${run.operationId}`);
  }
}
