// Steps that fail for want of an operator, as long as a test says so.
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { expect } from 'vitest';
import { workflowIdOf } from '../../domain/operations.ts';
import type { AcceptRequest } from '../../prisma/store/operations/accept-types.ts';
import { eventually } from './eventually.ts';
import type { Lab } from './lab.ts';

/** Names of activities; an interceptor for every worker makes those that are in it fail. */
export class BrokenSteps extends Set<string> {
  readonly interceptor: ActivityInterceptorsFactory = ({ info }) => ({
    inbound: {
      execute: (input, next) => {
        if (!this.has(info.activityType)) return next(input);
        const message = `${info.activityType} is broken on purpose`;
        throw ApplicationFailure.create({ type: 'PermissionDenied', message, nonRetryable: true });
      },
    },
  });

  /** Submits a request and answers once it has paused at that step, which is whole again from then on. */
  async pauseAt(lab: Lab, request: AcceptRequest, step: string): Promise<void> {
    this.add(step);
    await lab.starter.submit(request);
    await pausedFor(lab, request, new RegExp(`${step} is broken`));
    this.delete(step);
  }
}

/** Waits for a pause with these words in its reason. */
export async function pausedFor(lab: Lab, request: AcceptRequest, reason: RegExp): Promise<void> {
  await eventually(async () => {
    const operation = await operationOf(lab, request);
    expect(operation.state).toBe('paused');
    expect(operation.reason).toMatch(reason);
  });
}

export const operationOf = (lab: Lab, { operationId }: AcceptRequest) =>
  lab.db.operation.findUniqueOrThrow({ where: { id: operationId } });

/** The operation's workflow, whichever run of it is the newest. */
export const handleOf = (lab: Lab, request: AcceptRequest) =>
  lab.temporal.workflow.getHandle(workflowIdOf({ ...request, id: request.operationId }));

/** Who did what to it: `paused by scoria: …`. */
export async function historyOf(lab: Lab, { operationId }: AcceptRequest): Promise<string[]> {
  const events = await lab.db.operationEvent.findMany({ where: { operationId }, orderBy: { id: 'asc' } });
  return events.map(({ event, actor, detail }) => `${event} by ${actor}${detail ? `: ${detail}` : ''}`);
}
