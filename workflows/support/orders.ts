// What an operator may tell a running workflow: retry and abort, as updates (answered) and signals (Temporal UI).
import { defineSignal, defineUpdate, setHandler, type CancellationScope } from '@temporalio/workflow';

export interface Order {
  /** Who asks; the Temporal UI sends none. */
  readonly actor?: string;
  readonly reason?: string;
  /** Claim that the order was meant for; another one is not touched. */
  readonly epoch?: string;
}

export interface PendingOrder {
  readonly kind: 'retry' | 'abort';
  readonly actor: string;
}

type Phase = 'starting' | 'running' | 'paused' | 'unwinding' | 'ended';

/**
 * Takes orders for the claim in force and discards the others. A reset delivers the signals and updates of the old run
 * before the new one has claimed anything: those fall into `starting` and are discarded, too.
 */
export class OrderDesk {
  private phase: Phase = 'starting';
  private epoch = '';
  private scope: CancellationScope | null = null;
  pending: PendingOrder | null = null;

  constructor() {
    setHandler(defineSignal<[Order?]>('retry'), (order) => void this.take('retry', order), {
      description: 'Try a paused operation again',
    });
    setHandler(defineSignal<[Order?]>('abort'), (order) => void this.take('abort', order), {
      description: 'Undo what can be undone and end the operation',
    });
    for (const kind of ['retry', 'abort'] as const) {
      setHandler(defineUpdate<string, [Order | undefined]>(kind), (order) => this.take(kind, order), {
        validator: (order) => this.mustBeTakeable(kind, order),
      });
    }
  }

  /** A new claim is in force; orders act on `scope` from now on. */
  running(epoch: string, scope: CancellationScope): void {
    this.phase = 'running';
    this.epoch = epoch;
    this.scope = scope;
    this.pending = null;
  }

  /** The same run goes on under a newer claim. */
  renewed(epoch: string): void {
    this.epoch = epoch;
  }

  paused(epoch: string): void {
    this.phase = 'paused';
    this.epoch = epoch;
    this.pending = null;
  }

  unwinding(): void {
    this.phase = 'unwinding';
  }

  ended(): void {
    this.phase = 'ended';
  }

  private refusal(kind: 'retry' | 'abort', order: Order | undefined): string | null {
    if (this.phase === 'starting') return 'the operation is just starting; ask again in a moment';
    if (this.phase === 'ended') return 'the operation has ended';
    if (order?.epoch !== undefined && order.epoch !== this.epoch) return 'the operation has moved on since you looked';
    if (kind === 'retry' && this.phase !== 'paused')
      return 'only a paused operation can be retried; this one is running';
    if (this.phase === 'unwinding') return 'the operation is being undone already';
    return null;
  }

  private mustBeTakeable(kind: 'retry' | 'abort', order: Order | undefined): void {
    const refusal = this.refusal(kind, order);
    if (refusal !== null) throw new Error(refusal);
  }

  private take(kind: 'retry' | 'abort', order: Order | undefined): string {
    const refusal = this.refusal(kind, order);
    if (refusal !== null) return refusal;
    const who = order?.actor ?? 'someone through Temporal';
    this.pending = { kind, actor: order?.reason ? `${who} (${order.reason})` : who };
    if (this.phase === 'running') this.scope?.cancel();
    return `${kind} accepted`;
  }
}
