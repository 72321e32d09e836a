// Looks both ways between the Operation rows and Temporal, and brings together what a crash has parted.
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { workflowIdOf } from '../../domain/operations.ts';
import type { Operation, PrismaClient } from '../../prisma/generated/client.ts';
import { pauseOperation } from '../../prisma/store/operation-end.ts';
import { sweepKeys } from '../../prisma/store/idempotency.ts';
import { takeSilent, takeUnstarted } from '../../prisma/store/sweep.ts';
import type { OperationStarter } from './starter.ts';

export interface SweeperDeps {
  readonly db: PrismaClient;
  readonly temporal: Client;
  readonly starter: OperationStarter;
  readonly log: Logger;
  readonly everyMs: number;
  /** An operation whose workflow has not been seen starting for this long is started again. */
  readonly unstartedAfterMs: number;
  /** A running operation that has written nothing for this long is compared with its workflow. */
  readonly silentAfterMs: number;
}

const batchSize = 50;
/** An Idempotency-Key is remembered for a day. */
const keyLifetimeS = 24 * 3600;

/** Sweeps until stopped; several API processes may do it at once. */
export function startSweeper(deps: SweeperDeps): { stop(): Promise<void> } {
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;
  let current: Promise<void> = Promise.resolve();
  const loop = (): void => {
    current = sweep(deps)
      .catch((error: unknown) => deps.log.warn({ err: error }, 'sweep did not finish; the next one goes on'))
      .finally(() => {
        if (!stopped) timer = setTimeout(loop, deps.everyMs);
      });
  };
  timer = setTimeout(loop, deps.everyMs);
  return {
    async stop() {
      stopped = true;
      if (timer) clearTimeout(timer);
      await current;
    },
  };
}

/** One round: starts what has no workflow, and settles what has lost its own. */
export async function sweep(deps: SweeperDeps): Promise<void> {
  for (const operation of await takeUnstarted(deps.db, deps.unstartedAfterMs, batchSize)) {
    await deps.starter.start(operation);
    deps.log.info({ operationId: operation.id, kind: operation.kind }, 'started the workflow of an accepted operation');
  }
  await sweepKeys(deps.db, keyLifetimeS);
  for (const operation of await takeSilent(deps.db, deps.silentAfterMs, batchSize)) await settle(deps, operation);
}

async function settle(deps: SweeperDeps, operation: Operation): Promise<void> {
  const status = await workflowStatus(deps.temporal, operation);
  if (status === 'RUNNING' || status === 'PAUSED') return;
  if (status === 'TERMINATED') {
    const reason =
      'Its workflow was terminated from outside, so nothing was undone. Retry runs it again from the start; abort ends it.';
    await pauseOperation(deps.db, { operationId: operation.id, epoch: operation.epoch.toString(), reason });
    deps.log.warn({ operationId: operation.id }, 'paused an operation whose workflow was terminated');
    return;
  }
  await deps.starter.start(operation, 'again');
  deps.log.warn({ operationId: operation.id, workflow: status }, 'started an unfinished operation again');
}

async function workflowStatus(temporal: Client, operation: Operation): Promise<string> {
  try {
    const { status } = await temporal.workflow.getHandle(workflowIdOf(operation)).describe();
    return status.name;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'NOT_FOUND';
    throw error;
  }
}
