// Asks a control worker to look at one resource where it is: the API's side of `scoria reset-state`.
import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { StateSubject } from '../../domain/state-check.ts';
import { controlQueue } from '../../domain/task-queues.ts';
import { OrderRefusedError } from './order.ts';
import type { StateCheck } from '../../workflows/state-check.ts';

export interface StateChecks {
  /** Null when there is no such live row. Throws OrderRefusedError when nobody answers in time. */
  look(subject: StateSubject): Promise<StateCheck | null>;
}

/** Looks through Temporal. */
export function createStateChecks(temporal: Client, timeoutMs: number): StateChecks {
  return {
    look: (subject) =>
      temporal.workflow
        .execute<(subject: StateSubject) => Promise<StateCheck | null>>('stateCheck', {
          workflowId: `stateCheck/${subject.id}/${randomUUID()}`,
          taskQueue: controlQueue,
          args: [subject],
          workflowExecutionTimeout: timeoutMs,
        })
        .catch((error: unknown) => {
          throw new OrderRefusedError('nobody could look: is Temporal up, and a control worker running?', {
            cause: error,
          });
        }),
  };
}
