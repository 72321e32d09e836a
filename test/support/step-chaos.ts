// Breaks one step of an operation on purpose, by number: a new step is covered without new test code.
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

export type Plan =
  /** Every step is carried out twice in a row. */
  | { readonly kind: 'double' }
  /** The n-th step fails once, before or after its effect. */
  | { readonly kind: 'fail'; readonly at: number; readonly when: 'before' | 'after'; readonly code?: string }
  /** Something is done just before the n-th step, once. */
  | { readonly kind: 'interrupt'; readonly at: number; readonly act: () => Promise<unknown> };

/** The frame's own steps: they raise no coded errors, so a plan with a code lets them pass. */
const lifecycle = ['claimOperation', 'pauseOperation', 'endOperation', 'hostStatus'];

export class StepChaos {
  private plan: Plan | null = null;
  readonly seen: string[] = [];

  /** Begins to count anew under a plan; null only counts. */
  begin(plan: Plan | null): void {
    this.plan = plan;
    this.seen.length = 0;
  }

  /** True once the plan's step has come; a loop over n ends when it has not. */
  get reached(): boolean {
    const { plan } = this;
    return plan !== null && plan.kind !== 'double' && this.seen.length >= plan.at;
  }

  readonly interceptor: ActivityInterceptorsFactory = (context) => ({
    inbound: {
      execute: async (input, next) => {
        const step = context.info.activityType;
        this.seen.push(step);
        const { plan } = this;
        const mine = plan !== null && plan.kind !== 'double' && plan.at === this.seen.length && isFor(plan, step);
        if (plan?.kind === 'double') {
          await next(input);
          return next(input);
        }
        if (mine && plan.kind === 'interrupt') await plan.act();
        if (mine && plan.kind === 'fail' && plan.when === 'before') throw broken(plan.code);
        const result = await next(input);
        if (mine && plan.kind === 'fail' && plan.when === 'after') throw broken(plan.code);
        return result;
      },
    },
  });
}

function isFor(plan: Plan, step: string): boolean {
  return plan.kind !== 'fail' || plan.code === undefined || !lifecycle.includes(step);
}

function broken(code: string | undefined): Error {
  if (code === undefined) return new Error('broken on purpose');
  return ApplicationFailure.create({ type: code, message: 'broken on purpose', nonRetryable: true });
}
