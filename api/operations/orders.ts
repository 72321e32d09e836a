// Gives an operation its orders: through its workflow, or through a new run of it when that is gone.
import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import { finishedStates, workflowIdOf, type OperationState } from '../../domain/operations.ts';
import { skipLoss } from '../../domain/skips.ts';
import type { Operation } from '../../prisma/generated/client.ts';
import { OrderRefusedError, type Order } from './order.ts';
import type { OperationStarter } from './starter.ts';

export interface OperationOrders {
  /** Answers what the workflow said. Throws OrderRefusedError. */
  give(operation: Operation, order: Order): Promise<string>;
}

/** Orders through Temporal. */
export function createOperationOrders(temporal: Client, starter: Pick<OperationStarter, 'start'>): OperationOrders {
  return {
    async give(operation, order) {
      if (finishedStates.includes(operation.state as OperationState)) {
        throw new OrderRefusedError(`the operation has ended: ${operation.state}`);
      }
      const handle = temporal.workflow.getHandle(workflowIdOf(operation));
      const { kind, actor, reason } = order;
      const epoch = operation.epoch.toString();
      try {
        return await handle.executeUpdate<string, [object]>(kind, {
          args: [{ actor, reason: reason ?? undefined, epoch }],
        });
      } catch (error) {
        if (error instanceof WorkflowUpdateFailedError) throw new OrderRefusedError(causeOf(error));
        if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
          throw new OrderRefusedError('no control worker answered; is one running?');
        }
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
      return giveToNewRun(starter, operation, order);
    },
  };
}

/** Terminated, or lost with its Temporal: a new run begins with the order, under a new claim. */
async function giveToNewRun(
  starter: Pick<OperationStarter, 'start'>,
  operation: Operation,
  order: Order,
): Promise<string> {
  if (order.kind === 'skip' && skipLoss(operation.pausedStep) === null) {
    throw new OrderRefusedError(`this step cannot be left out: ${operation.pausedStep ?? 'none is known'}`);
  }
  const started = await starter.start(operation, { paused: { order } });
  if (!started) throw new OrderRefusedError('the operation is just starting; ask again in a moment');
  return `${order.kind} accepted by a new run: the workflow had ended`;
}

function causeOf(error: WorkflowUpdateFailedError): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}
