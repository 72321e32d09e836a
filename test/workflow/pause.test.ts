// Pausing gives back what others may use; retry, abort, a delete and a reset each find their way out of it.
import { randomUUID } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createOperationOrders } from '../../api/operations/orders.ts';
import { OrderRefusedError } from '../../api/operations/order.ts';
import { workflowIdOf } from '../../domain/operations.ts';
import { StatusConflictError, type AcceptRequest } from '../../prisma/store/operations/accept-types.ts';
import { eventually } from '../support/eventually.ts';
import { expectNothingLeft, expectOnlyWholeBackups } from '../support/invariants.ts';
import { startLab, type Lab, type LabBackend } from '../support/lab.ts';
import * as requests from '../support/requests.ts';
import { ended, run } from '../support/scenarios.ts';

/** Steps that fail for want of an operator, as long as they are in here. */
const broken = new Set<string>();
const breakSteps: ActivityInterceptorsFactory = ({ info }) => ({
  inbound: {
    execute: (input, next) => {
      if (!broken.has(info.activityType)) return next(input);
      const message = `${info.activityType} is broken on purpose`;
      throw ApplicationFailure.create({ type: 'PermissionDenied', message, nonRetryable: true });
    },
  },
});

let lab: Lab;
let backend: LabBackend;
let backupStore: string;

beforeAll(async () => {
  lab = await startLab({ interceptors: [breakSteps] });
  await lab.addControl();
  backend = await lab.addBackend('alpha', 'first');
  backupStore = await lab.addBackup('alpha');
}, 120_000);

beforeEach(() => broken.clear());

afterAll(async () => lab?.stop());

const handleOf = (request: AcceptRequest) =>
  lab.temporal.workflow.getHandle(workflowIdOf({ ...request, id: request.operationId }));

const operationOf = ({ operationId }: AcceptRequest) =>
  lab.db.operation.findUniqueOrThrow({ where: { id: operationId } });

const volumeOf = (id: string) => lab.db.volume.findUniqueOrThrow({ where: { id } });
const backupOf = (id: string) => lab.db.backup.findUniqueOrThrow({ where: { id } });

/** Waits for a pause with these words in its reason. */
async function paused(request: AcceptRequest, reason: RegExp): Promise<void> {
  await eventually(async () => {
    const operation = await operationOf(request);
    expect(operation.state).toBe('paused');
    expect(operation.reason).toMatch(reason);
  });
}

/** Given again while the workflow is still on its way into the pause. */
async function order(request: AcceptRequest, kind: 'retry' | 'abort'): Promise<void> {
  await eventually(() => handleOf(request).executeUpdate(kind, { args: [{ actor: 'tester' }] }));
}

async function submitBroken(request: AcceptRequest, step: string): Promise<void> {
  broken.add(step);
  await lab.starter.submit(request);
  await paused(request, new RegExp(`${step} is broken`));
  broken.delete(step);
}

async function made(request: AcceptRequest = requests.createVolume()): Promise<string> {
  expect(await run(lab, request)).toBe('succeeded');
  return request.resourceId;
}

async function expectClean(): Promise<void> {
  await eventually(async () => {
    await expectNothingLeft(lab, [backend]);
    await expectOnlyWholeBackups(lab, backupStore);
  });
}

describe('what a pause gives back', () => {
  it("a paused backup's volume can be extended meanwhile, and the retry completes the backup", async () => {
    const id = await made();
    const backup = requests.createBackup(id);
    await submitBroken(backup, 'writeBackup');
    expect(await volumeOf(id)).toMatchObject({ status: 'available', operationId: null });
    expect(await backupOf(backup.resourceId)).toMatchObject({ status: 'error', operationId: backup.operationId });
    await made(requests.extendVolume(id, 1, 2));
    await order(backup, 'retry');
    expect(await ended(lab, backup.operationId)).toBe('succeeded');
    expect(await volumeOf(id)).toMatchObject({ status: 'available', operationId: null, sizeGib: 2 });
    expect((await backupOf(backup.resourceId)).status).toBe('available');
    await expectClean();
  });

  it('a retry while somebody else has the volume stays paused and says why, and works later', async () => {
    const id = await made();
    const backup = requests.createBackup(id);
    await submitBroken(backup, 'writeBackup');
    const extend = requests.extendVolume(id, 1, 2);
    await submitBroken(extend, 'extendVolume');
    await order(backup, 'retry');
    await paused(backup, /is error_extending; it has to be available or in-use first/);
    expect((await volumeOf(id)).operationId).toBe(extend.operationId);
    await order(extend, 'retry');
    expect(await ended(lab, extend.operationId)).toBe('succeeded');
    await order(backup, 'retry');
    expect(await ended(lab, backup.operationId)).toBe('succeeded');
    await expectClean();
  });

  it("a paused restore's backup can be restored elsewhere or deleted meanwhile; without it the restore can only be aborted", async () => {
    const backupId = await made(requests.createBackup(await made()));
    const [one, other] = [await made(), await made()];
    const restore = requests.restoreBackup(backupId, one);
    await submitBroken(restore, 'restoreBackup');
    expect(await backupOf(backupId)).toMatchObject({ status: 'available', operationId: null });
    expect(await volumeOf(one)).toMatchObject({ status: 'error_restoring', operationId: restore.operationId });
    await made(requests.restoreBackup(backupId, other));
    await made(requests.deleteBackup(backupId));
    await order(restore, 'retry');
    await paused(restore, /backup [0-9a-f-]+ no longer exists/);
    await order(restore, 'abort');
    expect(await ended(lab, restore.operationId)).toBe('aborted');
    expect(await volumeOf(one)).toMatchObject({ status: 'error_restoring', operationId: null });
    await made(requests.deleteVolume(one));
    await expectClean();
  });

  it('a paused extend keeps its volume: nobody else may have it', async () => {
    const id = await made();
    const extend = requests.extendVolume(id, 1, 2);
    await submitBroken(extend, 'extendVolume');
    await expect(lab.starter.submit(requests.extendVolume(id, 1, 3))).rejects.toThrow(StatusConflictError);
    await expect(lab.starter.submit(requests.createBackup(id))).rejects.toThrow(StatusConflictError);
    await order(extend, 'retry');
    expect(await ended(lab, extend.operationId)).toBe('succeeded');
    await expectClean();
  });
});

it('deleting a volume whose create is paused aborts that first and leaves nothing', async () => {
  const create = requests.createVolume();
  await submitBroken(create, 'createVolume');
  expect((await volumeOf(create.resourceId)).status).toBe('error');
  await made(requests.deleteVolume(create.resourceId));
  const [aborted, deleted] = [await operationOf(create), await volumeOf(create.resourceId)];
  expect(aborted.state).toBe('aborted');
  expect(deleted.status).toBe('deleted');
  await expect(handleOf(create).result()).rejects.toThrow();
  await expectClean();
});

describe('orders', () => {
  it('one for an old claim is refused, as update and as signal, and changes nothing', async () => {
    const create = requests.createVolume();
    await submitBroken(create, 'createVolume');
    const old = await operationOf(create);
    broken.add('createVolume');
    await order(create, 'retry');
    await eventually(async () => expect((await operationOf(create)).epoch).toBeGreaterThan(old.epoch));
    await paused(create, /createVolume is broken/);
    broken.clear();
    const now = await operationOf(create);
    const orders = createOperationOrders(lab.temporal, lab.starter);
    const stale = { actor: 'tester', epoch: old.epoch.toString() };
    await handleOf(create).signal('abort', stale);
    await handleOf(create).signal('retry', stale);
    // An update is answered after the signals before it have been handled.
    for (const kind of ['retry', 'abort'] as const) {
      await eventually(async () => {
        const refusal = orders.give(old, { kind, actor: 'tester', reason: null });
        await expect(refusal).rejects.toThrow(OrderRefusedError);
        await expect(refusal).rejects.toThrow('moved on since you looked');
      });
    }
    expect(await operationOf(create)).toMatchObject({ state: 'paused', epoch: now.epoch });
    await order(create, 'retry');
    expect(await ended(lab, create.operationId)).toBe('succeeded');
    await expectClean();
  });

  it('an abort that was given before a reset does not act after it', async () => {
    const backup = requests.createBackup(await made());
    await submitBroken(backup, 'writeBackup');
    broken.add('removeBackup');
    // Until the order has been taken: the workflow may still be on its way into the pause.
    await eventually(async () => {
      await handleOf(backup).signal('abort', { actor: 'tester' });
      expect((await operationOf(backup)).reason).toMatch(/^Undoing: .*removeBackup is broken/);
    });
    broken.clear();
    await reset(backup);
    expect(await ended(lab, backup.operationId)).toBe('succeeded');
    await expectClean();
  });
});

/** Resets the newest run to its first workflow task, as the Temporal UI does: the signals since are delivered again. */
async function reset(request: AcceptRequest): Promise<void> {
  const { runId } = await handleOf(request).describe();
  const { events } = await handleOf(request).fetchHistory();
  const firstTask = events?.find((event) => event.workflowTaskCompletedEventAttributes);
  await lab.temporal.workflowService.resetWorkflowExecution({
    namespace: lab.embedded.temporalNamespace,
    workflowExecution: { workflowId: handleOf(request).workflowId, runId },
    reason: 'a test',
    workflowTaskFinishEventId: firstTask?.eventId ?? null,
    requestId: randomUUID(),
  });
}

it('twenty operations that paused because a directory was gone all succeed when a batch retries them', async () => {
  const volumes = await Promise.all(Array.from({ length: 20 }, () => made()));
  const hidden = `${backend.directory}.hidden`;
  const extends_ = volumes.map((id) => requests.extendVolume(id, 1, 2));
  await rename(backend.directory, hidden);
  try {
    await Promise.all(extends_.map((request) => lab.starter.submit(request)));
    for (const request of extends_) await paused(request, new RegExp(`${backend.directory}/volume-`));
  } finally {
    await rename(hidden, backend.directory);
  }
  const visibilityQuery = `WorkflowType = 'volumeExtend' AND OperationState = 'paused' AND ExecutionStatus = 'Running'`;
  await eventually(async () => {
    expect(
      (
        await lab.temporal.workflowService.countWorkflowExecutions({ namespace: 'default', query: visibilityQuery })
      ).count?.toNumber(),
    ).toBe(20);
  });
  await lab.temporal.workflowService.startBatchOperation({
    namespace: lab.embedded.temporalNamespace,
    visibilityQuery,
    jobId: randomUUID(),
    reason: 'the directory is back',
    signalOperation: { signal: 'retry', identity: 'tester' },
  });
  for (const request of extends_) expect(await ended(lab, request.operationId)).toBe('succeeded');
  for (const id of volumes) expect(await volumeOf(id)).toMatchObject({ status: 'available', sizeGib: 2 });
  await expectClean();
});
