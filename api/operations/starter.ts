// From an accepted request to its workflow: the commit makes it durable, the start follows, the sweeper makes sure.
import { setTimeout as delay } from 'node:timers/promises';
import {
  ApplicationFailure,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  type Client,
} from '@temporalio/client';
import type { Logger } from 'pino';
import { ruleOf, workflowIdOf, type OperationKind } from '../../domain/operations.ts';
import { controlQueue } from '../../domain/task-queues.ts';
import type { PrismaClient } from '../../prisma/generated/client.ts';
import { accept, type AcceptSettings } from '../../prisma/store/operations/accept.ts';
import type { AcceptRequest, StartableOperation } from '../../prisma/store/operations/accept-types.ts';
import { abortUnstarted, TwinFoundError, unlessTwin } from '../../prisma/store/operations/operations.ts';
import { countBacklog } from '../../prisma/store/operations/sweep.ts';
import type { Order } from './order.ts';
import { searchAttributesOf, summaryOf } from './presentation.ts';

/** Temporal cannot be reached and as much work is waiting for it as is allowed: the client should come back later. */
export class BacklogFullError extends Error {
  constructor(waiting: number) {
    super(`${waiting} accepted operations are waiting for Temporal`);
    this.name = 'BacklogFullError';
  }
}

/** A call that Cinder answers with the driver's result took longer than `rpc_response_timeout`; it goes on. */
export class OperationTimeoutError extends Error {
  readonly operationId: string;

  constructor(operationId: string) {
    super(`operation ${operationId} is not finished yet`);
    this.name = 'OperationTimeoutError';
    this.operationId = operationId;
  }
}

/** A call that Cinder answers with the driver's result ended without one; `code` is a storage error code. */
export class OperationFailedError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'OperationFailedError';
    this.code = code;
  }
}

export interface AcceptedOperation {
  readonly id: string;
  readonly resourceId: string;
}

export interface OperationStarter {
  /**
   * Accepts an operation and starts its workflow. When it returns the operation will run, whatever dies next.
   * Throws StatusConflictError, QuotaExceededError, BacklogFullError.
   */
  submit(request: AcceptRequest): Promise<AcceptedOperation>;
  /**
   * The same, and waits for the workflow's result; an unfinished operation with the same input is joined.
   * Throws OperationTimeoutError, OperationFailedError as well.
   */
  submitAndWait(request: AcceptRequest, timeoutMs: number): Promise<unknown>;
  /** Starts the workflow of an accepted operation; false when there is, or was, one already. */
  start(operation: StartableOperation, again?: StartAgain): Promise<boolean>;
}

/** For an operation whose workflow has closed: runs it again, or (paused) waits for an order or takes the one given. */
export type StartAgain = 'again' | { readonly paused: { readonly order?: Order } };

export interface StarterDeps {
  readonly db: PrismaClient;
  readonly temporal: Client;
  readonly log: Logger;
  readonly settings: AcceptSettings & { readonly backlogLimit: number };
}

export function createOperationStarter(deps: StarterDeps): OperationStarter {
  const starter = new TemporalStarter(deps);
  return {
    submit: (request) => starter.submit(request),
    submitAndWait: (request, timeoutMs) => starter.submitAndWait(request, timeoutMs),
    start: (operation, again) => starter.start(operation, again),
  };
}

class TemporalStarter implements OperationStarter {
  readonly #deps: StarterDeps;
  #temporalAnswers = true;

  constructor(deps: StarterDeps) {
    this.#deps = deps;
  }

  async start(operation: StartableOperation, again?: StartAgain): Promise<boolean> {
    const { kind, projectId } = operation;
    try {
      await this.#deps.temporal.workflow.start(kind, {
        workflowId: workflowIdOf(operation),
        taskQueue: controlQueue,
        args: [{ operationId: operation.id, ...(typeof again === 'object' ? again : {}) }],
        workflowIdReusePolicy: again ? 'ALLOW_DUPLICATE' : 'REJECT_DUPLICATE',
        staticSummary: summaryOf(operation),
        typedSearchAttributes: searchAttributesOf(operation, typeof again === 'object' ? 'paused' : 'running'),
        priority: { priorityKey: isInteractive(kind) ? 2 : 4, fairnessKey: projectId.slice(0, 64) },
      });
      return true;
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
      throw error;
    }
  }

  async submit(request: AcceptRequest): Promise<StartableOperation> {
    const { db, settings, log } = this.#deps;
    if (!this.#temporalAnswers) await mustHaveRoom(db, settings.backlogLimit);
    const operation = await accept(db, request, settings);
    // The answer does not wait: the operation is durable, and what fails here the sweeper does again.
    this.start(operation).then(
      () => (this.#temporalAnswers = true),
      (error: unknown) => {
        this.#temporalAnswers = false;
        log.warn({ operationId: operation.id, err: error }, 'workflow not started yet; the sweeper will start it');
      },
    );
    return operation;
  }

  async submitAndWait(request: AcceptRequest, timeoutMs: number): Promise<unknown> {
    const { db, temporal } = this.#deps;
    const operation = await this.#submitOrJoin(request);
    const patience = new AbortController();
    const late = Symbol('late');
    // The long poll ends with the caller's patience.
    const result = temporal.withAbortSignal(patience.signal, () => this.#resultOf(operation));
    result.catch(() => undefined);
    try {
      const first = await Promise.race([result, delay(timeoutMs, late, { signal: patience.signal })]);
      if (first !== late) return first;
    } catch (error) {
      throw asOperationFailure(error);
    } finally {
      patience.abort();
    }
    await abortUnstarted(db, operation.id);
    throw new OperationTimeoutError(operation.id);
  }

  async #submitOrJoin(request: AcceptRequest): Promise<StartableOperation> {
    try {
      return await this.submit(unlessTwin(request));
    } catch (error) {
      if (error instanceof TwinFoundError) return error.twin;
      throw error;
    }
  }

  /** Never settles when the workflow cannot be started: the sweeper will, or the caller's patience ends before. */
  async #resultOf(operation: StartableOperation): Promise<unknown> {
    const { temporal, log } = this.#deps;
    try {
      await this.start(operation);
    } catch (error) {
      log.warn({ operationId: operation.id, err: error }, 'workflow not started yet; its caller waits');
      return new Promise<never>(() => {});
    }
    return temporal.workflow.getHandle(workflowIdOf(operation)).result();
  }
}

function asOperationFailure(error: unknown): unknown {
  if (!(error instanceof WorkflowFailedError)) return error;
  const cause = error.cause instanceof ApplicationFailure ? error.cause : null;
  return new OperationFailedError(cause?.type ?? 'Internal', cause?.message ?? error.message);
}

async function mustHaveRoom(db: PrismaClient, backlogLimit: number): Promise<void> {
  const waiting = await countBacklog(db);
  if (waiting >= backlogLimit) throw new BacklogFullError(waiting);
}

/** Someone waits for an attach; a backup can let it pass. */
function isInteractive(kind: string): boolean {
  return ruleOf(kind as OperationKind).resource !== 'backup';
}
