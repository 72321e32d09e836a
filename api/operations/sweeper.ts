// Looks both ways between the Operation rows and Temporal, and brings together what a crash has parted.
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { workflowIdOf } from '../../domain/operations.ts';
import { controlQueue } from '../../domain/task-queues.ts';
import type { Operation, PrismaClient } from '../../prisma/generated/client.ts';
import { pauseOperation } from '../../prisma/store/operations/end.ts';
import { listAcceptedAudits } from '../../prisma/store/audit/audits.ts';
import { takeReleased } from '../../prisma/store/backends/waiting.ts';
import { sweepKeys } from '../../prisma/store/operations/idempotency.ts';
import { takeAbandoned, takePaused, takeSilent, takeUnstarted } from '../../prisma/store/operations/sweep.ts';
import { whoTerminated, workflowStatus } from './closed-workflow.ts';
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
/** A signal is quick, and those who are woken wait for their share. */
const wakeAtOnce = 500;
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

/** Its workflow finds that the operation has ended, and closes; a step that is at work is cancelled. */
async function closeWorkflow({ temporal, log }: SweeperDeps, operation: Operation): Promise<void> {
  const handle = temporal.workflow.getHandle(workflowIdOf(operation));
  await handle.signal('abort', { actor: 'sweeper' }).catch((error: unknown) => {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  });
  log.info({ operationId: operation.id }, 'told the workflow of an operation that was ended by force');
}

/** What waited for a paused back-end that has been released; each goes on by its own share of the release. */
async function wakeReleased({ db, temporal }: SweeperDeps): Promise<void> {
  const released = await takeReleased(db, wakeAtOnce);
  await Promise.all(
    released.map((operation) =>
      temporal.workflow
        .getHandle(workflowIdOf(operation))
        .signal('released')
        .catch((error: unknown) => {
          // Gone: the sweep finds that out, and starts it again.
          if (!(error instanceof WorkflowNotFoundError)) throw error;
        }),
    ),
  );
}

/** Audits that were asked for. */
async function startAudits({ db, temporal }: SweeperDeps): Promise<void> {
  for (const { id, actor, repair } of await listAcceptedAudits(db, batchSize)) {
    await temporal.workflow
      .start('audit', { workflowId: `audit/${id}`, taskQueue: controlQueue, args: [{ id, actor, repair }] })
      .catch((error: unknown) => {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      });
  }
}

/** One round: starts what has no workflow, and settles what has lost its own. */
export async function sweep(deps: SweeperDeps): Promise<void> {
  for (const operation of await takeUnstarted(deps.db, deps.unstartedAfterMs, batchSize)) {
    if (await deps.starter.start(operation)) {
      deps.log.info(
        { operationId: operation.id, kind: operation.kind },
        'started the workflow of an accepted operation',
      );
    } else await settle(deps, operation);
  }
  for (const operation of await takeAbandoned(deps.db, batchSize)) await closeWorkflow(deps, operation);
  await wakeReleased(deps);
  await startAudits(deps);
  await sweepKeys(deps.db, keyLifetimeS);
  for (const operation of await takeSilent(deps.db, deps.silentAfterMs, batchSize)) await settle(deps, operation);
  for (const operation of await takePaused(deps.db, deps.silentAfterMs, batchSize)) await settle(deps, operation);
}

async function settle(deps: SweeperDeps, operation: Operation): Promise<void> {
  const { temporal, starter, log } = deps;
  const workflow = await workflowStatus(temporal, operation);
  if (workflow === 'RUNNING' || workflow === 'PAUSED') return;
  const { id: operationId } = operation;
  if (operation.state !== 'paused' && workflow !== 'TERMINATED') {
    await starter.start(operation, 'again');
    log.warn({ operationId, workflow }, 'started an unfinished operation again');
    return;
  }
  if (operation.state !== 'paused') await pauseTerminated(deps, operation);
  // Whoever looks for paused operations in Temporal, or has an order for this one, finds it there.
  await starter.start(operation, { paused: {} });
  log.warn({ operationId, workflow }, 'a paused operation had no workflow; a new one waits for orders');
}

async function pauseTerminated({ db, temporal }: SweeperDeps, operation: Operation): Promise<void> {
  const reason =
    `Its workflow was ${await whoTerminated(temporal, operation)}. Nothing was undone. ` +
    'Retry runs it again from the start; abort undoes what it has done.';
  const claim = { operationId: operation.id, epoch: operation.epoch.toString() };
  await pauseOperation(db, { ...claim, reason, cause: 'Terminated', step: null, host: null, actor: 'sweeper' });
}
