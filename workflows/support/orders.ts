// What an operator may tell a running workflow: retry, abort and skip, as updates (answered) and signals (Temporal UI).
import { defineSignal, defineUpdate, setHandler, type CancellationScope } from '@temporalio/workflow';
import { skipLoss } from '../../domain/skips.ts';
import type { StepNow } from './run.ts';

export type OrderKind = 'retry' | 'abort' | 'skip';

export interface Order {
  /** Who asks; the Temporal UI sends none. */
  readonly actor?: string;
  readonly reason?: string;
  /** Claim that the order was meant for; another one is not touched. */
  readonly epoch?: string;
}

export interface PendingOrder {
  readonly kind: OrderKind;
  readonly actor: string;
  readonly reason: string | null;
}

/** Wakes a run that waits for a paused back-end: the sweeper when that is released, a person by a retry. */
export interface Bell {
  waiting: boolean;
  rung: 'released' | 'retry' | null;
}

type Phase = 'starting' | 'running' | 'paused' | 'unwinding' | 'ended';

/** The step that a skip would leave out: its key, and whether it waits for a host that is down. */
export type SkipTarget = Pick<StepNow, 'key' | 'hostDown'>;

const unnamed = 'someone through Temporal';

const descriptions = {
  retry: 'Try a paused operation again',
  abort: 'Undo what can be undone and end the operation',
  skip: 'Leave out the step that does not work, where that is possible (docs/runbooks/skipping-a-step.md)',
} as const satisfies Record<OrderKind, string>;

const kinds = Object.keys(descriptions) as OrderKind[];

/** Temporal's cancellation, as an order. */
export const cancelOrder: PendingOrder = { kind: 'abort', actor: `${unnamed} (cancel)`, reason: null };

/**
 * Takes orders for the claim in force and discards the others. A reset delivers the signals and updates of the old run
 * before the new one has claimed anything: those fall into `starting` and are discarded, too.
 */
export class OrderDesk {
  private phase: Phase = 'starting';
  private epoch = '';
  private scope: CancellationScope | null = null;
  private target: () => SkipTarget | null = () => null;
  pending: PendingOrder | null = null;
  readonly bell: Bell = { waiting: false, rung: null };

  constructor() {
    setHandler(defineSignal('released'), () => void this.ring('released'), {
      description: 'A paused back-end has been released: look whether to go on',
    });
    for (const kind of kinds) {
      const description = descriptions[kind];
      setHandler(defineSignal<[unknown?]>(kind), (order) => void this.take(kind, readOrder(order)), { description });
      setHandler(defineUpdate<string, [unknown]>(kind), (order) => this.take(kind, readOrder(order)), {
        description,
        validator: (order) => this.mustBeTakeable(kind, readOrder(order)),
      });
    }
  }

  /** A new claim is in force; orders act on `scope` from now on. */
  running(epoch: string, scope: CancellationScope, target: () => SkipTarget | null): void {
    this.phase = 'running';
    this.epoch = epoch;
    this.scope = scope;
    this.target = target;
    this.pending = null;
  }

  /** The same run goes on under a newer claim. */
  renewed(epoch: string): void {
    this.epoch = epoch;
  }

  paused(epoch: string, target: SkipTarget | null): void {
    this.phase = 'paused';
    this.epoch = epoch;
    this.target = () => target;
    this.pending = null;
  }

  /** Steps are being undone in `scope`: only a step that waits for a host that is down can be ordered to be left out. */
  unwinding(scope: CancellationScope | null, target: () => SkipTarget | null): void {
    this.phase = 'unwinding';
    this.scope = scope;
    this.target = target;
    this.pending = null;
  }

  ended(): void {
    this.phase = 'ended';
  }

  private refusal(kind: OrderKind, order: Order): string | null {
    if (this.phase === 'starting') return 'the operation is just starting; ask again in a moment';
    if (this.phase === 'ended') return 'the operation has ended';
    if (order.epoch !== undefined && order.epoch !== this.epoch) return 'the operation has moved on since you looked';
    if (kind === 'skip') return this.skipRefusal();
    if (kind === 'retry' && this.bell.waiting) return null;
    if (kind === 'retry' && this.phase !== 'paused')
      return 'only a paused operation can be retried; this one is running';
    if (this.phase === 'unwinding') return 'the operation is being undone already';
    return null;
  }

  private skipRefusal(): string | null {
    const target = this.target();
    if (target === null) return 'no step of this operation waits for an operator';
    if (skipLoss(target.key) === null) return `this step cannot be left out: ${target.key}`;
    if (this.phase !== 'paused' && !target.hostDown)
      return `this step is running, and its host is up; it can be left out once it has paused: ${target.key}`;
    return null;
  }

  private mustBeTakeable(kind: OrderKind, order: Order): void {
    const refusal = this.refusal(kind, order);
    if (refusal !== null) throw new Error(refusal);
  }

  private take(kind: OrderKind, order: Order): string {
    const refusal = this.refusal(kind, order);
    if (refusal !== null) return refusal;
    if (kind === 'retry' && this.bell.waiting) return this.ring('retry');
    this.pending = { kind, actor: order.actor ?? unnamed, reason: order.reason ?? null };
    if (this.phase !== 'paused') this.scope?.cancel();
    return `${kind} accepted`;
  }

  private ring(by: 'released' | 'retry'): string {
    if (this.bell.waiting) this.bell.rung = by;
    return `${by} accepted: it looks at the back-end that it waits for`;
  }
}

/** What a person typed into the Temporal UI may be anything: an object is read, a text is the reason. */
function readOrder(input: unknown): Order {
  if (typeof input === 'string') return input === '' ? {} : { reason: input };
  if (typeof input !== 'object' || input === null) return {};
  const given = input as Record<string, unknown>;
  const text = (name: keyof Order): Partial<Order> =>
    typeof given[name] === 'string' && given[name] !== '' ? { [name]: given[name] } : {};
  // An epoch copied from a JSON answer is a number.
  const epoch = typeof given['epoch'] === 'number' ? { epoch: String(given['epoch']) } : text('epoch');
  return { ...text('actor'), ...text('reason'), ...epoch };
}
