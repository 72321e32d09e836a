// Aborting a paused operation from another one that takes its resource over, and waiting until it has closed.
import { cancellationSignal, heartbeat, sleep } from '@temporalio/activity';
import { WorkflowNotFoundError, type WorkflowClient } from '@temporalio/client';
import { finishedStates, workflowIdOf, type OperationState } from '../domain/operations.ts';
import type { PrismaClient } from '../prisma/generated/client.ts';

export interface SupersededActivities {
  /** Sends `abort` and answers once the operation has ended; heartbeats while it waits. */
  abortAndWait(operationId: string, actor: string): Promise<void>;
}

const pollEveryMs = 500;

/** The control worker's steps on other operations' workflows. */
export function createSupersededActivities(db: PrismaClient, workflows: WorkflowClient): SupersededActivities {
  return {
    async abortAndWait(operationId, actor) {
      const operation = await db.operation.findUniqueOrThrow({ where: { id: operationId } });
      const handle = workflows.getHandle(workflowIdOf(operation));
      const hasEnded = async (): Promise<boolean> => {
        const { state } = await db.operation.findUniqueOrThrow({ where: { id: operationId } });
        return finishedStates.includes(state as OperationState);
      };
      while (!(await hasEnded())) {
        // An order that comes while the operation is just starting is discarded, so it is given again.
        await handle.signal('abort', { actor }).catch(ignoreClosed);
        heartbeat();
        await sleep(pollEveryMs);
        cancellationSignal().throwIfAborted();
      }
    },
  };
}

/** A workflow that is gone without its operation's end is the sweeper's to start again; the next round finds it. */
function ignoreClosed(error: unknown): void {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
}
