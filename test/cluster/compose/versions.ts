// Which version of the control workers began an operation's workflow and which has it now, as Temporal tells it.
import type { Client } from '@temporalio/client';
import { workflowIdOf } from '../../../domain/operations.ts';

export interface Versions {
  /** Build id of the worker that completed the first workflow task. */
  readonly began: string | null;
  /** Build id of the worker that completed the last one. */
  readonly now: string | null;
  /** Its code asked `patched()`, and it was new enough. */
  readonly hasPatch: boolean;
  /** Workflow tasks that failed: a release that cannot replay. */
  readonly failedTasks: number;
}

/** Reads them from the workflow's history. */
export async function versionsOf(temporal: Client, operation: Parameters<typeof workflowIdOf>[0]): Promise<Versions> {
  const { events } = await temporal.workflow.getHandle(workflowIdOf(operation)).fetchHistory();
  const completed = (events ?? []).flatMap(({ workflowTaskCompletedEventAttributes: task }) => task ?? []);
  const buildIds = completed.map((task) => task.deploymentVersion?.buildId ?? null);
  return {
    began: buildIds[0] ?? null,
    now: buildIds.at(-1) ?? null,
    hasPatch: (events ?? []).some(({ markerRecordedEventAttributes: marker }) => marker?.markerName === 'core_patch'),
    failedTasks: (events ?? []).filter((event) => event.workflowTaskFailedEventAttributes).length,
  };
}
