// The promises of the control plane, each with a test that tries to break it.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOperationOrders } from '../../api/operations/orders.ts';
import { sweep } from '../../api/operations/sweeper.ts';
import { workflowIdOf } from '../../domain/operations.ts';
import {
  StatusConflictError,
  QuotaExceededError,
  type AcceptRequest,
} from '../../prisma/store/operations/accept-types.ts';
import { accept } from '../../prisma/store/operations/accept.ts';
import { claimOperation } from '../../prisma/store/operations/claim.ts';
import { endOperation } from '../../prisma/store/operations/end.ts';
import { eventually } from '../support/eventually.ts';
import { expectNothingLeft } from '../support/invariants.ts';
import { startLab, type Lab, type LabBackend } from '../support/lab.ts';
import * as requests from '../support/requests.ts';
import { ended, run } from '../support/scenarios.ts';

let lab: Lab;
let backends: LabBackend[];

beforeAll(async () => {
  lab = await startLab({ quotaDefaults: { snapshots: 3 } });
  await lab.addControl();
  backends = [await lab.addBackend('alpha', 'first')];
}, 120_000);

afterAll(async () => lab?.stop());

const settings = { quotaDefaults: {} };

const sweeperDeps = () => ({
  db: lab.db,
  temporal: lab.temporal,
  starter: lab.starter,
  log: lab.log,
  everyMs: 1_000,
  unstartedAfterMs: 0,
  silentAfterMs: 0,
});

async function volume(): Promise<string> {
  const request = requests.createVolume();
  expect(await run(lab, request)).toBe('succeeded');
  return request.resourceId;
}

const statusOf = async (id: string): Promise<string> =>
  (await lab.db.volume.findUniqueOrThrow({ where: { id } })).status;

const handleOf = (request: AcceptRequest) =>
  lab.temporal.workflow.getHandle(workflowIdOf({ ...request, id: request.operationId }));

describe('accepted is durable', () => {
  it('an operation whose API died before it could start the workflow is started by the sweeper', async () => {
    const request = requests.createVolume();
    await accept(lab.db, request, settings);
    await sweep(sweeperDeps());
    expect(await ended(lab, request.operationId)).toBe('succeeded');
    await expectNothingLeft(lab, backends);
  });

  it('an operation whose workflow is started twice runs once', async () => {
    const request = requests.createVolume();
    const operation = await accept(lab.db, request, settings);
    await Promise.all([lab.starter.start(operation), lab.starter.start(operation), lab.starter.start(operation)]);
    expect(await ended(lab, request.operationId)).toBe('succeeded');
    await lab.starter.start(operation, 'again');
    await handleOf(request).result();
    expect(await lab.db.operation.findUniqueOrThrow({ where: { id: request.operationId } })).toMatchObject({
      state: 'succeeded',
      epoch: (await lab.db.operation.findUniqueOrThrow({ where: { id: request.operationId } })).epoch,
    });
    await expectNothingLeft(lab, backends);
  });

  it('a refused request changes nothing: no row, no quota, no status', async () => {
    const id = await volume();
    const before = await lab.db.quotaUsage.findMany({ orderBy: { resource: 'asc' } });
    const bad = { ...requests.extendVolume(id, 1, 2), claims: [{ resource: 'volume' as const, id: randomUUID() }] };
    await expect(lab.starter.submit(bad)).rejects.toThrow(StatusConflictError);
    expect(await lab.db.quotaUsage.findMany({ orderBy: { resource: 'asc' } })).toEqual(before);
    expect(await lab.db.operation.findUnique({ where: { id: bad.operationId } })).toBeNull();
  });
});

describe('one door for status', () => {
  it('of twenty deletes at once exactly one is accepted', async () => {
    const id = await volume();
    const attempts = await Promise.allSettled(
      Array.from({ length: 20 }, () => lab.starter.submit(requests.deleteVolume(id))),
    );
    const won = attempts.filter((attempt) => attempt.status === 'fulfilled');
    expect(won).toHaveLength(1);
    for (const attempt of attempts) {
      if (attempt.status === 'rejected') expect(attempt.reason).toBeInstanceOf(StatusConflictError);
    }
    await eventually(async () => expect(await statusOf(id)).toBe('deleted'));
    await eventually(() => expectNothingLeft(lab, backends));
  });

  it('a run that has been overtaken can end nothing', async () => {
    const id = await volume();
    const request = requests.extendVolume(id, 1, 2);
    await accept(lab.db, request, settings);
    const dead = await claimOperation(lab.db, {
      operationId: request.operationId,
      runId: 'dead',
      actor: 'test',
      cause: 'claimed',
    });
    const alive = await claimOperation(lab.db, {
      operationId: request.operationId,
      runId: 'alive',
      actor: 'test',
      cause: 'claimed',
    });
    if (dead.verdict !== 'granted' || alive.verdict !== 'granted') throw new Error('not granted');
    const end = {
      outcome: 'succeeded',
      reason: null,
      code: null,
      actor: 'test',
      result: null,
    } as const;
    expect(await endOperation(lab.db, { operationId: request.operationId, epoch: dead.epoch, ...end })).toBe('stale');
    expect(await statusOf(id)).toBe('extending');
    await lab.starter.start(await lab.db.operation.findUniqueOrThrow({ where: { id: request.operationId } }));
    expect(await ended(lab, request.operationId)).toBe('succeeded');
    await expectNothingLeft(lab, backends);
  });
});

describe('reset works, or says why not', () => {
  it('a reset of a running operation to its first task runs it again under a new epoch', async () => {
    const [backend] = backends;
    if (!backend) throw new Error('no back-end');
    await backend.worker.stop();
    const request = requests.createVolume();
    await lab.starter.submit(request);
    const first = await eventually(async () => {
      const operation = await lab.db.operation.findUniqueOrThrow({ where: { id: request.operationId } });
      expect(operation.state).toBe('running');
      return operation.epoch;
    });
    await handleOf(request).signal('retry');
    await reset(request, 'a test');
    await lab.addBackend('alpha', 'first');
    expect(await ended(lab, request.operationId)).toBe('succeeded');
    const operation = await lab.db.operation.findUniqueOrThrow({ where: { id: request.operationId } });
    expect(operation.epoch).toBeGreaterThan(first);
    await expectNothingLeft(lab, backends);
  });

  it('a reset of an operation that has ended says so and does nothing', async () => {
    const request = requests.createVolume();
    expect(await run(lab, request)).toBe('succeeded');
    await handleOf(request).result();
    await reset(request, 'a test');
    expect(await handleOf(request).result()).toMatchObject({ alreadyEnded: 'succeeded' });
    await expectNothingLeft(lab, backends);
  });
});

/** Resets the newest run to its first workflow task, as the Temporal UI does. */
async function reset(request: AcceptRequest, reason: string): Promise<void> {
  const workflowId = workflowIdOf({ ...request, id: request.operationId });
  const { workflowService } = lab.temporal;
  const described = await handleOf(request).describe();
  const firstTask = await eventually(async () => {
    const { events = [] } = await handleOf(request).fetchHistory();
    const completed = events?.find((event) => event.workflowTaskCompletedEventAttributes);
    if (!completed) throw new Error('the first workflow task has not been completed');
    return completed;
  });
  await workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId, runId: described.runId },
    reason,
    workflowTaskFinishEventId: firstTask.eventId ?? null,
    requestId: randomUUID(),
  });
}

describe('closed from outside', () => {
  it('a terminated workflow leaves a paused operation that says so, and a retry completes it', async () => {
    const id = await volume();
    const request = requests.extendVolume(id, 1, 2);
    await accept(lab.db, request, settings);
    const claim = await claimOperation(lab.db, {
      operationId: request.operationId,
      runId: 'x',
      actor: 'test',
      cause: 'claimed',
    });
    expect(claim.verdict).toBe('granted');
    const operation = await lab.db.operation.findUniqueOrThrow({ where: { id: request.operationId } });
    await lab.temporal.workflow.start('volumeExtend', {
      workflowId: workflowIdOf(operation),
      taskQueue: 'a-queue-nobody-serves',
      args: [{ operationId: operation.id }],
    });
    await handleOf(request).terminate('a test');
    await eventually(async () => {
      await sweep(sweeperDeps());
      expect(await lab.db.operation.findUniqueOrThrow({ where: { id: operation.id } })).toMatchObject({
        state: 'paused',
        reason: expect.stringMatching(/terminated from outside by .+: a test/),
      });
    });
    expect(await statusOf(id)).toBe('error_extending');
    const paused = () => lab.db.operation.findUniqueOrThrow({ where: { id: operation.id } });
    const orders = createOperationOrders(lab.temporal, lab.starter);
    await eventually(async () => orders.give(await paused(), { kind: 'retry', actor: 'tester', reason: null }));
    expect(await ended(lab, operation.id)).toBe('succeeded');
    await expectNothingLeft(lab, backends);
  });

  it('a workflow cancelled in Temporal is an abort', async () => {
    const [backend] = backends;
    if (!backend) throw new Error('no back-end');
    const broken = requests.createVolume();
    const operation = await accept(lab.db, broken, settings);
    await lab.temporal.workflow.start('volumeCreate', {
      workflowId: workflowIdOf(operation),
      taskQueue: 'control',
      args: [{ operationId: operation.id }],
      startDelay: '1 second',
    });
    await handleOf(broken).cancel();
    expect(await ended(lab, operation.id)).toMatch(/^(aborted|succeeded)$/);
    await expectNothingLeft(lab, backends);
  });
});

describe('quota cannot overshoot', () => {
  it('of ten snapshots at once under a quota of three exactly three are accepted', async () => {
    const id = await volume();
    const attempts = await Promise.allSettled(
      Array.from({ length: 10 }, () => lab.starter.submit(requests.createSnapshot(id))),
    );
    expect(attempts.filter((attempt) => attempt.status === 'fulfilled')).toHaveLength(3);
    for (const attempt of attempts) {
      if (attempt.status === 'rejected') expect(attempt.reason).toBeInstanceOf(QuotaExceededError);
    }
    await eventually(() => expectNothingLeft(lab, backends));
  });
});

describe('what is being read stays', () => {
  it('a volume is not deleted while a snapshot of it is being made', async () => {
    const id = await volume();
    const request = { ...requests.createSnapshot(id), quota: [] };
    await accept(lab.db, request, settings);
    await expect(lab.starter.submit(requests.deleteVolume(id))).rejects.toThrow(StatusConflictError);
    await lab.db.snapshot.update({ where: { id: request.resourceId }, data: { consumesQuota: false } });
    await sweep(sweeperDeps());
    expect(await ended(lab, request.operationId)).toBe('succeeded');
    await expectNothingLeft(lab, backends);
  });
});
