// How an operation's workflow stands in Temporal, and who ended it from outside.
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { workflowIdOf } from '../../domain/operations.ts';
import type { Operation } from '../../prisma/generated/client.ts';

/** Temporal's status name, or NOT_FOUND: retention has passed, or its database was lost. */
export async function workflowStatus(temporal: Client, operation: Operation): Promise<string> {
  try {
    const { status } = await temporal.workflow.getHandle(workflowIdOf(operation)).describe();
    return status.name;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'NOT_FOUND';
    throw error;
  }
}

/** "terminated from outside by X: why", as far as Temporal knows. */
export async function whoTerminated(temporal: Client, operation: Operation): Promise<string> {
  const answer = await temporal.workflowService.getWorkflowExecutionHistory({
    namespace: temporal.options.namespace,
    execution: { workflowId: workflowIdOf(operation) },
    // HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT: https://github.com/temporalio/api/blob/master/temporal/api/enums/v1/workflow.proto
    historyEventFilterType: 2,
  });
  const closed = answer.history?.events?.at(-1)?.workflowExecutionTerminatedEventAttributes;
  const by = closed?.identity ? ` by ${closed.identity}` : '';
  return `terminated from outside${by}${closed?.reason ? `: ${closed.reason}` : ''}`;
}
