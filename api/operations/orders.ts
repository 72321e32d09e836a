// Telling an operation to try again or to give up: through its workflow, or by starting that again when it is gone.
import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import { workflowIdOf } from '../../domain/operations.ts';
import type { Operation } from '../../prisma/generated/client.ts';
import type { OperationStarter } from './starter.ts';

export type OrderKind = 'retry' | 'abort';

export interface Order {
  readonly kind: OrderKind;
  /** Who asks, for the operation's history. */
  readonly actor: string;
  readonly reason: string | null;
}

/** The operation cannot take this order now; the message says why and what to do. */
export class OrderRefusedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'OrderRefusedError';
  }
}

export interface OperationOrders {
  /** Answers what the workflow said. Throws OrderRefusedError. */
  give(operation: Operation, order: Order): Promise<string>;
}

export function createOperationOrders(temporal: Client, starter: Pick<OperationStarter, 'start'>): OperationOrders {
  return {
    async give(operation, order) {
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
      // Terminated, or lost with its Temporal: it runs again from its start, under a new claim.
      await starter.start(operation, 'again');
      if (kind === 'retry') return 'its workflow had ended and was started again';
      throw new OrderRefusedError('its workflow had ended and was started again; abort it once more in a moment');
    },
  };
}

function causeOf(error: WorkflowUpdateFailedError): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}
