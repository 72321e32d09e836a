// Breaks one step of an operation on purpose, by number: a new step is covered without new test code.
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

export type Plan =
  /** Every step is carried out twice in a row. */
  | { readonly kind: 'double' }
  /** The n-th step fails before or after its effect: once, or, with a code, on every host that tries it until `mend()`. */
  | { readonly kind: 'fail'; readonly at: number; readonly when: 'before' | 'after'; readonly code?: string }
  /** Something is done just before the n-th step, once. */
  | { readonly kind: 'interrupt'; readonly at: number; readonly act: () => Promise<unknown> };

/** The frame's own steps: they raise no coded errors, so a plan with a code lets them pass. */
const lifecycle = ['claimOperation', 'pauseOperation', 'endOperation', 'hostStatus'];

export class StepChaos {
  private plan: Plan | null = null;
  private operationId = '';
  /** The step that a plan with a code has broken. */
  private broken: string | null = null;
  readonly seen: string[] = [];

  /** Begins to count the operation's steps under a plan; another's clean-up may still be under way, and is let be. */
  begin(operationId: string, plan: Plan): void {
    this.plan = plan;
    this.operationId = operationId;
    this.broken = null;
    this.seen.length = 0;
  }

  /** What a plan with a code has broken works again. */
  mend(): void {
    this.broken = null;
  }

  /** True once the plan's step has come; a loop over n ends when it has not. */
  get reached(): boolean {
    const { plan } = this;
    return plan !== null && plan.kind !== 'double' && this.seen.length >= plan.at;
  }

  readonly interceptor: ActivityInterceptorsFactory = (context) => ({
    inbound: {
      execute: async (input, next) => {
        const { plan } = this;
        const { activityType: step, workflowExecution } = context.info;
        if (plan === null || !workflowExecution?.workflowId.includes(this.operationId)) return next(input);
        this.seen.push(step);
        if (plan.kind === 'double') {
          await next(input);
          return next(input);
        }
        const isTurn = plan.at === this.seen.length;
        if (plan.kind === 'interrupt') {
          if (isTurn) await plan.act();
          return next(input);
        }
        if (isTurn && plan.code !== undefined && !lifecycle.includes(step)) this.broken = step;
        const fails = plan.code === undefined ? isTurn : this.broken === step;
        if (fails && plan.when === 'before') throw failure(plan.code);
        const result = await next(input);
        if (fails) throw failure(plan.code);
        return result;
      },
    },
  });
}

function failure(code: string | undefined): Error {
  if (code === undefined) return new Error('broken on purpose');
  return ApplicationFailure.create({ type: code, message: 'broken on purpose', nonRetryable: true });
}
