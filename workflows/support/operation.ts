// The frame around every operation: claim, run, end; unwind what failed, pause for what an operator has to mend.
import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  isCancellation,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { ruleOf, type OperationKind } from '../../domain/operations.ts';
import { operationStateAttribute } from '../../domain/search-attributes.ts';
import { control } from './control.ts';
import { readFailure, type StepFailure } from './failures.ts';
import { OrderDesk, type PendingOrder } from './orders.ts';
import { OperationRun } from './run.ts';

export interface OperationArgs {
  readonly operationId: string;
}

export type OperationResult = Readonly<Record<string, unknown>>;

/** Ended otherwise than by this run: a duplicate start, or a reset after the end. */
interface AlreadyEnded {
  readonly alreadyEnded: string;
}

type Body = (run: OperationRun) => Promise<OperationResult>;

/** Makes an operation's workflow of its body: the steps in order, each with its undo registered on the line above. */
export function operationWorkflow(kind: OperationKind, body: Body) {
  return ({ operationId }: OperationArgs): Promise<OperationResult | AlreadyEnded> =>
    new Operation(kind, operationId, body).execute();
}

class Operation {
  private readonly kind: OperationKind;
  private readonly operationId: string;
  private readonly body: Body;
  private readonly desk = new OrderDesk();
  private actor = 'api';
  /** One for all attempts: an abort undoes what any of them did. */
  private run: OperationRun | null = null;

  constructor(kind: OperationKind, operationId: string, body: Body) {
    this.kind = kind;
    this.operationId = operationId;
    this.body = body;
  }

  async execute(): Promise<OperationResult | AlreadyEnded> {
    for (;;) {
      const answer = await this.claim();
      if (answer.verdict === 'finished') return this.explainEnd(answer.state, answer.reason);
      if (answer.verdict === 'refused') {
        const order = await this.waitForOrder(answer.epoch, `Cannot start: ${answer.reason}`);
        if (order.kind === 'abort') return this.endAborted(this.runUnder(answer.epoch), order);
        continue;
      }
      this.run ??= new OperationRun(this.operationId, answer);
      this.run.takeUp(answer);
      this.run.renewClaim = async () => {
        const refusal = await this.renew();
        if (refusal !== null) throw ApplicationFailure.create({ type: 'NotOurs', message: refusal });
      };
      const ended = await this.attempt(this.run);
      if (ended !== 'retry') return ended;
    }
  }

  private claim(renews?: string) {
    const { runId } = workflowInfo();
    const request = { operationId: this.operationId, runId, actor: this.actor };
    return CancellationScope.nonCancellable(() =>
      control.claimOperation(renews === undefined ? request : { ...request, renews }),
    );
  }

  /**
   * Takes a newer claim for the run. Before something is undone or given up on a host: a step of ours that still sleeps
   * there under the old claim would otherwise do it again when it wakes up. Answers why not, if the resources are no
   * longer the operation's; what is to be undone is undone all the same.
   */
  private async renew(): Promise<string | null> {
    const { run } = this;
    if (run === null) return null;
    const answer = await this.claim(run.epoch);
    if (answer.verdict === 'finished') return this.overtaken(`the operation is ${answer.state}`);
    run.epoch = answer.epoch;
    this.desk.renewed(answer.epoch);
    return answer.verdict === 'refused' ? answer.reason : null;
  }

  private async attempt(run: OperationRun): Promise<OperationResult | 'retry'> {
    try {
      const scope = new CancellationScope();
      this.desk.running(run.epoch, scope);
      const result = await scope.run(() => this.body(run));
      await this.end(run, { outcome: 'succeeded', reason: null, code: null, actor: this.actor, result });
      setCurrentDetails(`Done: ${ruleOf(this.kind).title}.`);
      return result;
    } catch (error) {
      return this.handle(run, error);
    }
  }

  private async handle(run: OperationRun, error: unknown): Promise<OperationResult | 'retry'> {
    const failure = readFailure(error);
    if (failure.kind === 'overtaken') return this.refusedByHost(run, failure);
    if (failure.kind === 'cancelled') {
      return this.endAborted(run, this.desk.pending ?? { kind: 'abort', actor: 'someone through Temporal (cancel)' });
    }
    if (failure.kind === 'user') return this.endFailed(run, failure);
    const order = await this.pause(run, this.pauseReason(run, failure));
    if (order.kind === 'abort') return this.endAborted(run, order);
    this.actor = order.actor;
    return 'retry';
  }

  /**
   * A host has served a newer claim of the resource. For an operation that claims nothing that may be another one's that
   * runs beside it: it takes its turn again, under a claim that is newer still.
   */
  private async refusedByHost(run: OperationRun, failure: StepFailure): Promise<'retry'> {
    if (ruleOf(this.kind).claims.length > 0) return this.overtaken(failure.message);
    const answer = await this.claim(run.epoch);
    if (answer.verdict === 'finished') return this.overtaken(failure.message);
    return 'retry';
  }

  private pauseReason(run: OperationRun, failure: StepFailure): string {
    return `${run.lastShown}: ${failure.message}`;
  }

  /** Shows the paused statuses, then waits for an order. */
  private async pause(run: OperationRun, reason: string): Promise<PendingOrder> {
    const verdict = await CancellationScope.nonCancellable(() => control.pauseOperation({ ...run.claim, reason }));
    if (verdict === 'stale') return this.overtaken('another run has claimed the operation');
    return this.waitForOrder(run.epoch, reason);
  }

  private async waitForOrder(epoch: string, reason: string): Promise<PendingOrder> {
    this.desk.paused(epoch);
    const since = new Date().toISOString();
    setCurrentDetails(
      `**Paused** since ${since}\n\n${reason}\n\nMend the cause, then send the signal \`retry\`; or send \`abort\` to undo ` +
        `what can be undone (\`scoria operations retry|abort ${this.operationId}\`).`,
    );
    upsertSearchAttributes([{ key: operationStateAttribute, value: 'paused' }]);
    try {
      await condition(() => this.desk.pending !== null);
    } catch (error) {
      if (!isCancellation(error)) throw error;
      return { kind: 'abort', actor: 'someone through Temporal (cancel)' };
    }
    upsertSearchAttributes([{ key: operationStateAttribute, value: 'running' }]);
    return this.desk.pending ?? { kind: 'retry', actor: 'nobody' };
  }

  private async endFailed(run: OperationRun, failure: StepFailure): Promise<never> {
    await this.unwind(run);
    const { message, code } = failure;
    await this.end(run, { outcome: 'failed', reason: message, code, actor: this.actor, result: null });
    setCurrentDetails(`Failed: ${message}`);
    throw ApplicationFailure.create({ type: code ?? 'Failed', message, nonRetryable: true });
  }

  private async endAborted(run: OperationRun, order: PendingOrder): Promise<never> {
    await this.unwind(run);
    const reason = `aborted by ${order.actor}`;
    await this.end(run, { outcome: 'aborted', reason, code: null, actor: order.actor, result: null });
    setCurrentDetails(`Aborted by ${order.actor}.`);
    if (CancellationScope.current().consideredCancelled) throw new CancelledFailure(reason);
    throw ApplicationFailure.create({ type: 'Aborted', message: reason, nonRetryable: true });
  }

  /** Undoes the run's steps, newest first; an undo that does not work pauses and is tried again, never skipped. */
  private async unwind(run: OperationRun): Promise<void> {
    this.desk.unwinding();
    // What a pause has given back may be another's by now, whose steps a newer claim of ours would fence off.
    const givesBack = ruleOf(this.kind).claims.some((claim) => claim.givenBackWhilePaused);
    if (run.undos.length > 0 && !givesBack) await this.renew();
    for (let undo = run.undos.at(-1); undo !== undefined; undo = run.undos.at(-1)) {
      const { title, act } = undo;
      run.show(`Undoing: ${title}`);
      try {
        await CancellationScope.nonCancellable(act);
        run.undos.pop();
      } catch (error) {
        const failure = readFailure(error);
        if (failure.kind === 'overtaken') this.overtaken(failure.message);
        await CancellationScope.nonCancellable(() => this.pauseUnwinding(run, `Undoing: ${title}: ${failure.message}`));
      }
    }
  }

  private async pauseUnwinding(run: OperationRun, reason: string): Promise<void> {
    for (let why = reason; ;) {
      const order = await this.pause(run, why);
      this.actor = order.actor;
      const answer = await this.claim();
      if (answer.verdict === 'finished') return this.overtaken(`the operation is ${answer.state}`);
      run.epoch = answer.epoch;
      this.desk.unwinding();
      if (answer.verdict === 'granted') return;
      why = answer.reason;
    }
  }

  private async end(
    run: OperationRun,
    end: Omit<Parameters<typeof control.endOperation>[0], 'operationId' | 'epoch' | 'tooLate'>,
  ): Promise<void> {
    const verdict = await CancellationScope.nonCancellable(() =>
      control.endOperation({ ...run.claim, tooLate: run.tooLate, ...end }),
    );
    this.desk.ended();
    upsertSearchAttributes([{ key: operationStateAttribute, value: end.outcome }]);
    if (verdict === 'stale') return this.overtaken('another run has claimed the operation');
  }

  /** The run so far, under the claim in force; one that was never granted has nothing to undo. */
  private runUnder(epoch: string): OperationRun {
    if (this.run) this.run.epoch = epoch;
    if (this.run) return this.run;
    const facts = { volumes: {}, snapshots: {}, backups: {}, attachments: {} };
    const policy = { maximumAttempts: 1, initialIntervalMs: 1000, heartbeatTimeoutMs: 30_000, hostPatienceMs: 30_000 };
    return new OperationRun(this.operationId, { verdict: 'granted', epoch, input: {}, facts, acceptedAt: 0, policy });
  }

  private overtaken(message: string): never {
    setCurrentDetails(`This run does nothing more: ${message}.`);
    throw ApplicationFailure.create({ type: 'Overtaken', message, nonRetryable: true });
  }

  private explainEnd(state: string, reason: string | null): AlreadyEnded {
    const note = reason ? `${state}: ${reason}` : state;
    setCurrentDetails(`Nothing to do: the operation had already ended (${note}).`);
    return { alreadyEnded: note };
  }
}
