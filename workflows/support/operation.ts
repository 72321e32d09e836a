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
import type { ClaimCause } from '../../domain/operation-events.ts';
import { finishedStates, ruleOf, type OperationKind, type OperationState } from '../../domain/operations.ts';
import { operationStateAttribute } from '../../domain/search-attributes.ts';
import { control } from './control.ts';
import { readFailure, type StepFailure } from './failures.ts';
import { cancelOrder, OrderDesk, type PendingOrder, type SkipTarget } from './orders.ts';
import { pausedDetails } from './paused-details.ts';
import { OperationRun } from './run.ts';

export interface OperationArgs {
  readonly operationId: string;
  /** The operation is paused and its workflow was gone: this run waits for an order, or has one already. */
  readonly paused?: { readonly order?: PendingOrder };
}

export type OperationResult = Readonly<Record<string, unknown>>;

/** Ended otherwise than by this run: a duplicate start, or a reset after the end. */
interface AlreadyEnded {
  readonly alreadyEnded: string;
}

type Body = (run: OperationRun) => Promise<OperationResult>;

/** What makes a run claim the operation: an order, its start, or a host that has served a newer claim. */
type Impulse = PendingOrder | { readonly kind: 'start' | 'renew'; readonly actor: string; readonly reason: null };

const causes = {
  start: 'claimed',
  renew: 'renewed',
  retry: 'retried',
  abort: 'aborting',
  skip: 'skipped',
} as const satisfies Record<Impulse['kind'], ClaimCause>;

/** Makes an operation's workflow of its body: the steps in order, each with its undo registered on the line above. */
export function operationWorkflow(kind: OperationKind, body: Body) {
  return (args: OperationArgs): Promise<OperationResult | AlreadyEnded> => new Operation(kind, args, body).execute();
}

class Operation {
  private readonly kind: OperationKind;
  private readonly args: OperationArgs;
  private readonly body: Body;
  private readonly desk = new OrderDesk();
  private actor = 'api';
  /** One for all attempts: an abort undoes what any of them did. */
  private run: OperationRun | null = null;
  /** The step at which the operation is paused. */
  private pausedAt: SkipTarget | null = null;

  constructor(kind: OperationKind, args: OperationArgs, body: Body) {
    this.kind = kind;
    this.args = args;
    this.body = body;
  }

  async execute(): Promise<OperationResult | AlreadyEnded> {
    const first = this.args.paused ? await this.adopt(this.args.paused.order) : this.start();
    if ('alreadyEnded' in first) return first;
    for (let impulse = first; ;) {
      const answer = await this.claim(impulse);
      if (answer.verdict === 'finished') return this.explainEnd(answer.state, answer.reason);
      this.run ??= new OperationRun(this.args.operationId, answer);
      this.run.takeUp(answer);
      this.run.renewClaim = () => this.mustRenew();
      this.run.bell = this.desk.bell;
      this.actor = impulse.actor;
      if (impulse.kind === 'abort') return this.endAborted(this.run, impulse);
      if (answer.verdict === 'refused') {
        impulse = await this.waitForOrder(answer.epoch, `Cannot start: ${answer.reason}`, 'ResourceTaken');
        continue;
      }
      const outcome = await this.attempt(this.run);
      if ('result' in outcome) return outcome.result;
      impulse = outcome;
    }
  }

  /** Takes over a paused operation that has lost its workflow. */
  private async adopt(order: PendingOrder | undefined): Promise<Impulse | AlreadyEnded> {
    const { runId } = workflowInfo();
    const { operationId } = this.args;
    const answer = await CancellationScope.nonCancellable(() => control.adoptPaused({ operationId, runId }));
    if (answer.verdict === 'finished') return this.explainEnd(answer.state, answer.reason);
    if (answer.verdict === 'unfinished') return order ?? this.start();
    this.pausedAt = answer.step === null ? null : { key: answer.step, hostDown: false };
    return order ?? this.waitForOrder(answer.epoch, answer.reason, answer.cause);
  }

  private claim(impulse: Impulse) {
    const { runId, firstExecutionRunId } = workflowInfo();
    const { kind, actor, reason } = impulse;
    // After a reset the run has another id than the first of its chain.
    const isReset = kind === 'start' && runId !== firstExecutionRunId;
    const request = {
      ...{ operationId: this.args.operationId, runId, actor, reason },
      cause: isReset ? 'reset' : causes[kind],
      ...(this.run === null ? {} : { renews: this.run.epoch }),
      ...(kind === 'skip' && this.pausedAt !== null ? { skips: this.pausedAt.key } : {}),
    } as const;
    return CancellationScope.nonCancellable(() => control.claimOperation(request));
  }

  /**
   * Takes a newer claim for the run. Before something is undone or given up on a host: a step of ours that still sleeps
   * there under the old claim would otherwise do it again when it wakes up. Answers why not, if the resources are no
   * longer the operation's; what is to be undone is undone all the same.
   */
  private async renew(impulse: Impulse): Promise<string | null> {
    const { run } = this;
    if (run === null) return null;
    const answer = await this.claim(impulse);
    if (answer.verdict === 'finished') return this.overtaken(`the operation is ${answer.state}`);
    run.takeUp(answer);
    this.desk.renewed(answer.epoch);
    return answer.verdict === 'refused' ? answer.reason : null;
  }

  private readonly start = (): Impulse => ({ kind: 'start', actor: this.actor, reason: null });
  private readonly renewal = (): Impulse => ({ kind: 'renew', actor: this.actor, reason: null });

  private async mustRenew(): Promise<void> {
    const refusal = await this.renew(this.renewal());
    if (refusal !== null) throw ApplicationFailure.create({ type: 'NotOurs', message: refusal });
  }

  private async attempt(run: OperationRun): Promise<{ readonly result: OperationResult } | Impulse> {
    try {
      const scope = new CancellationScope();
      this.desk.running(run.epoch, scope, () => run.step);
      run.attempted = true;
      const result = await scope.run(() => this.body(run));
      await this.end(run, { outcome: 'succeeded', reason: null, code: null, actor: this.actor, result });
      setCurrentDetails(`Done: ${ruleOf(this.kind).title}.`);
      return { result };
    } catch (error) {
      return this.handle(run, error);
    }
  }

  /** Answers what to do next; throws where the operation is over. */
  private async handle(run: OperationRun, error: unknown): Promise<Impulse> {
    const failure = readFailure(error);
    if (failure.kind === 'overtaken') {
      // A host has served a newer claim of the resource. For an operation that claims nothing that may be another one's
      // that runs beside it: it takes its turn again, under a claim that is newer still.
      return ruleOf(this.kind).claims.length > 0 ? this.overtaken(failure.message) : this.renewal();
    }
    if (failure.kind === 'cancelled') {
      this.pausedAt = run.step;
      return this.desk.pending ?? cancelOrder;
    }
    if (failure.kind === 'user') return this.endFailed(run, failure);
    return this.pause(run, `${run.lastShown}: ${failure.message}`, failure);
  }

  /** Shows the paused statuses, then waits for an order. */
  private async pause(run: OperationRun, reason: string, failure: StepFailure): Promise<PendingOrder> {
    const { cause } = failure;
    const step = run.step?.name === failure.step ? run.step : null;
    this.pausedAt = step;
    const where = { step: step?.key ?? null, host: step?.host ?? null };
    const request = { ...run.claim, reason, cause, ...where };
    const verdict = await CancellationScope.nonCancellable(() => control.pauseOperation(request));
    if (verdict === 'stale') return this.overtaken('another run has claimed the operation');
    return this.waitForOrder(run.epoch, reason, cause);
  }

  private async waitForOrder(epoch: string, reason: string, cause: string | null): Promise<PendingOrder> {
    this.desk.paused(epoch, this.pausedAt);
    setCurrentDetails(pausedDetails(this.args.operationId, reason, cause, this.pausedAt?.key ?? null));
    upsertSearchAttributes([{ key: operationStateAttribute, value: 'paused' }]);
    try {
      await condition(() => this.desk.pending !== null);
    } catch (error) {
      if (!isCancellation(error)) throw error;
      return cancelOrder;
    }
    upsertSearchAttributes([{ key: operationStateAttribute, value: 'running' }]);
    return this.desk.pending ?? { kind: 'retry', actor: 'nobody', reason: null };
  }

  private async endFailed(run: OperationRun, failure: StepFailure): Promise<never> {
    // What a pause has given back may be another's by now, whose steps a newer claim of ours would fence off.
    const givesBack = ruleOf(this.kind).claims.some((claim) => claim.givenBackWhilePaused);
    if (run.undos.length > 0 && !givesBack) await this.renew(this.renewal());
    await this.unwind(run);
    const { message, code } = failure;
    await this.end(run, { outcome: 'failed', reason: message, code, actor: this.actor, result: null });
    setCurrentDetails(`Failed: ${message}`);
    throw ApplicationFailure.create({ type: code ?? 'Failed', message, nonRetryable: true });
  }

  /** Ends under the claim that the abort has taken. */
  private async endAborted(run: OperationRun, { actor, reason }: PendingOrder | Impulse): Promise<never> {
    if (!run.attempted) await this.rehearse(run);
    await this.unwind(run);
    const said = `aborted by ${actor}${reason === null ? '' : ` (${reason})`}`;
    await this.end(run, { outcome: 'aborted', reason: said, code: null, actor, result: null });
    setCurrentDetails(`${said[0]?.toUpperCase()}${said.slice(1)}.`);
    if (CancellationScope.current().consideredCancelled) throw new CancelledFailure(said);
    throw ApplicationFailure.create({ type: 'Aborted', message: said, nonRetryable: true });
  }

  /** Fills the undo stack of a run whose predecessor is gone with all that the operation may have done. */
  private async rehearse(run: OperationRun): Promise<void> {
    run.rehearsing = true;
    run.attempted = true;
    // It ends where the body needs what only a real step can answer; nothing is done by then that has no undo.
    await CancellationScope.nonCancellable(() => this.body(run)).catch(() => undefined);
    run.rehearsing = false;
  }

  /** Undoes the run's steps, newest first; an undo that does not work pauses and is tried again, unless it is skipped. */
  private async unwind(run: OperationRun): Promise<void> {
    run.unwinding = true;
    for (let undo = run.undos.at(-1); undo !== undefined; undo = run.undos.at(-1)) {
      const { title, act } = undo;
      run.show(`Undoing: ${title}`);
      try {
        await CancellationScope.nonCancellable(() => {
          const scope = new CancellationScope();
          this.desk.unwinding(scope, () => run.step);
          return scope.run(act);
        });
        run.undos.pop();
      } catch (error) {
        const failure = readFailure(error);
        if (failure.kind === 'overtaken') this.overtaken(failure.message);
        await CancellationScope.nonCancellable(() => this.resumeUnwinding(run, title, failure));
      }
    }
    run.unwinding = false;
    this.desk.unwinding(null, () => null);
  }

  /** Pauses, or takes the skip that ended the step, and goes on under a claim of its own. */
  private async resumeUnwinding(run: OperationRun, title: string, failure: StepFailure): Promise<void> {
    const { pending } = this.desk;
    this.pausedAt = run.step;
    const skipped = failure.kind === 'cancelled' && pending?.kind === 'skip' ? pending : null;
    let order: PendingOrder = skipped ?? (await this.pause(run, `Undoing: ${title}: ${failure.message}`, failure));
    for (;;) {
      this.actor = order.actor;
      const why = await this.renew(order);
      if (why === null) return;
      order = await this.pause(run, why, { ...failure, cause: 'ResourceTaken' });
    }
  }

  private async end(
    run: OperationRun,
    end: Omit<Parameters<typeof control.endOperation>[0], 'operationId' | 'epoch'>,
  ): Promise<void> {
    const verdict = await CancellationScope.nonCancellable(() => control.endOperation({ ...run.claim, ...end }));
    this.desk.ended();
    // A workflow that has completed says so itself; each upsert is one more write of Temporal's visibility.
    if (end.outcome !== 'succeeded') upsertSearchAttributes([{ key: operationStateAttribute, value: end.outcome }]);
    if (verdict === 'stale') return this.overtaken('another run has claimed the operation');
  }

  private overtaken(message: string): never {
    setCurrentDetails(`This run does nothing more: ${message}.`);
    throw ApplicationFailure.create({ type: 'Overtaken', message, nonRetryable: true });
  }

  private explainEnd(state: OperationState, reason: string | null): AlreadyEnded {
    if (!finishedStates.includes(state)) return this.overtaken(reason ?? `the operation is ${state}`);
    const note = reason ? `${state}: ${reason}` : state;
    setCurrentDetails(`Nothing to do: the operation had already ended (${note}).`);
    return { alreadyEnded: note };
  }
}
