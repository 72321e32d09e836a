// Workflows that somebody closes, resets or loses behind an operation's back: each comes to its end, or pauses and says why.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createOperationOrders } from '../../api/operations/orders.ts';
import { sweep } from '../../api/operations/sweeper.ts';
import type { AcceptRequest } from '../../prisma/store/operations/accept-types.ts';
import { startTemporal, type EmbeddedTemporal } from '../../workers/embedded/temporal.ts';
import { BrokenSteps, handleOf, historyOf, operationOf, pausedFor } from '../support/broken-steps.ts';
import { eventually } from '../support/eventually.ts';
import { expectNothingLeft, expectOnlyWholeBackups } from '../support/invariants.ts';
import { startLab, type Lab, type LabBackend } from '../support/lab.ts';
import * as requests from '../support/requests.ts';
import { ended, run } from '../support/scenarios.ts';

const broken = new BrokenSteps();
let lab: Lab;
let backend: LabBackend;
let backupStore: string;
let freshTemporal: EmbeddedTemporal | null = null;

beforeAll(async () => {
  lab = await startLab({ interceptors: [broken.interceptor] });
  await lab.addControl();
  backend = await lab.addBackend('alpha', 'first');
  backupStore = await lab.addBackup('alpha');
}, 120_000);

beforeEach(() => broken.clear());

afterAll(async () => {
  await lab?.stop();
  await freshTemporal?.stop();
});

const sweepNow = () => sweep({ ...lab, everyMs: 1_000, unstartedAfterMs: 0, silentAfterMs: 0 });

/** As the API gives it; again while the operation is on its way into the pause. */
async function order(request: AcceptRequest, kind: 'retry' | 'abort' | 'skip'): Promise<void> {
  const orders = createOperationOrders(lab.temporal, lab.starter);
  await eventually(async () => {
    await orders.give(await operationOf(lab, request), { kind, actor: 'rita', reason: 'a test' });
  });
}

async function made(request: AcceptRequest = requests.createVolume()): Promise<string> {
  expect(await run(lab, request)).toBe('succeeded');
  return request.resourceId;
}

async function attachedVolume(): Promise<string> {
  const id = await made();
  await lab.db.volume.update({ where: { id }, data: { status: 'in-use' } });
  return id;
}

async function expectClean(): Promise<void> {
  await eventually(async () => {
    await expectNothingLeft(lab, [backend]);
    await expectOnlyWholeBackups(lab, backupStore);
  });
}

describe('terminate', () => {
  it('of a running operation pauses it, says who did it, and leaves a workflow that takes orders', async () => {
    const request = requests.deleteVolume(await made());
    await backend.worker.stop();
    await lab.starter.submit(request);
    await eventually(async () => expect((await operationOf(lab, request)).tooLate).toBe(true));
    await handleOf(lab, request).terminate('it took too long');
    await eventually(async () => {
      await sweepNow();
      await pausedFor(
        lab,
        request,
        /^Its workflow was terminated from outside by .+: it took too long\. Nothing was undone/,
      );
      expect((await handleOf(lab, request).describe()).status.name).toBe('RUNNING');
    });
    expect((await operationOf(lab, request)).pauseCause).toBe('Terminated');
    backend = await lab.addBackend('alpha', 'first');
    await eventually(() => handleOf(lab, request).executeUpdate('retry', { args: [{ actor: 'rita' }] }));
    expect(await ended(lab, request.operationId)).toBe('succeeded');
    await expectClean();
  });

  it('of an operation past its point of no return: the abort knows that it was passed', async () => {
    const id = await made();
    const request = requests.deleteVolume(id);
    await broken.pauseAt(lab, request, 'removeVolume');
    await handleOf(lab, request).terminate('a test');
    await order(request, 'abort');
    expect(await ended(lab, request.operationId)).toBe('aborted');
    expect(await lab.db.volume.findUnique({ where: { id } })).toMatchObject({ status: 'error_deleting' });
    // Cinder takes no delete from error_deleting: an administrator resets the status first.
    await lab.db.volume.update({ where: { id }, data: { status: 'error' } });
    await made(requests.deleteVolume(id));
    await expectClean();
  });

  const halfDone = [
    ['a create', 'createSnapshot', async () => requests.createSnapshot(await made())],
    [
      'a backup of a volume in use, with its temporary snapshot',
      'writeBackup',
      async () => requests.createBackup(await attachedVolume()),
    ],
    [
      'a restore',
      'restoreBackup',
      async () => requests.restoreBackup(await made(requests.createBackup(await made())), await made()),
    ],
  ] as const;
  it.each(halfDone)('of %s: an abort afterwards undoes all that it had done', async (_name, step, prepare) => {
    const request = await prepare();
    await broken.pauseAt(lab, request, step);
    await handleOf(lab, request).terminate('a test');
    await order(request, 'abort');
    expect(await ended(lab, request.operationId)).toBe('aborted');
    expect(await historyOf(lab, request)).toContainEqual('aborting by rita: a test');
    for (const { id } of await lab.db.volume.findMany({ where: { status: { in: ['in-use', 'error_restoring'] } } })) {
      await lab.db.volume.update({ where: { id }, data: { status: 'available' } });
    }
    await expectClean();
  });

  it('of an accepted operation before any worker saw it: it is paused, not forgotten', async () => {
    const request = requests.createVolume();
    await lab.starter.submit(request);
    await eventually(async () => {
      await handleOf(lab, request)
        .terminate('at once')
        .catch(() => undefined);
      await sweepNow();
      const { state } = await operationOf(lab, request);
      expect(['paused', 'succeeded']).toContain(state);
    });
    if ((await operationOf(lab, request)).state === 'paused') await order(request, 'retry');
    expect(await ended(lab, request.operationId)).toBe('succeeded');
    await expectClean();
  });
});

it('cancel of a paused operation in Temporal aborts it', async () => {
  const request = requests.createSnapshot(await made());
  await broken.pauseAt(lab, request, 'createSnapshot');
  await handleOf(lab, request).cancel();
  expect(await ended(lab, request.operationId)).toBe('aborted');
  expect((await historyOf(lab, request)).at(-1)).toMatch(/^aborted by someone through Temporal \(cancel\)/);
  await expectClean();
});

describe('reset', () => {
  it('to the first task, twice, runs the operation again each time under a newer claim, and the history says so', async () => {
    const request = requests.createSnapshot(await made());
    await broken.pauseAt(lab, request, 'createSnapshot');
    broken.add('createSnapshot');
    for (const times of [1, 2]) {
      const { epoch } = await operationOf(lab, request);
      await reset(request, 'first');
      await eventually(async () => expect((await operationOf(lab, request)).epoch).toBeGreaterThan(epoch));
      await pausedFor(lab, request, /createSnapshot is broken/);
      expect((await historyOf(lab, request)).filter((line) => line.startsWith('reset by'))).toHaveLength(times);
    }
    broken.clear();
    await order(request, 'retry');
    expect(await ended(lab, request.operationId)).toBe('succeeded');
    await expectClean();
  });

  it('to a later task, with the step mended meanwhile, goes on from there to the end', async () => {
    const request = requests.createBackup(await made());
    await broken.pauseAt(lab, request, 'writeBackup');
    await reset(request, 'last');
    await eventually(async () => expect((await handleOf(lab, request).describe()).status.name).toBe('RUNNING'));
    await settleIt(request, 'retry');
    expect(await ended(lab, request.operationId)).toBe('succeeded');
    await expectClean();
  });

  it('to a later task of a delete past its point of no return does not forget that it was passed', async () => {
    const id = await made();
    const request = requests.deleteVolume(id);
    await broken.pauseAt(lab, request, 'removeVolume');
    broken.add('removeVolume');
    await reset(request, 'first');
    await pausedFor(lab, request, /removeVolume is broken/);
    broken.clear();
    await settleIt(request, 'abort');
    expect(await ended(lab, request.operationId)).toBe('aborted');
    expect(await lab.db.volume.findUnique({ where: { id } })).toMatchObject({ status: 'error_deleting' });
    // Cinder takes no delete from error_deleting: an administrator resets the status first.
    await lab.db.volume.update({ where: { id }, data: { status: 'error' } });
    await made(requests.deleteVolume(id));
    await expectClean();
  });

  it('after everything has been undone, to any task, says so and does nothing', async () => {
    const request = requests.createBackup(await made());
    await broken.pauseAt(lab, request, 'writeBackup');
    await order(request, 'abort');
    expect(await ended(lab, request.operationId)).toBe('aborted');
    await handleOf(lab, request)
      .result()
      .catch(() => undefined);
    const before = await historyOf(lab, request);
    for (const where of ['last', 'first'] as const) {
      await reset(request, where);
      // Either it finds that its claim is void, or that the operation has ended: it closes without a step.
      await handleOf(lab, request)
        .result()
        .catch(() => undefined);
      expect((await operationOf(lab, request)).state).toBe('aborted');
      await expectClean();
    }
    expect(await historyOf(lab, request)).toEqual(before);
  });
});

/** Orders until the operation is on its way out of the pause: a reset run may not have come back to it yet. */
async function settleIt(request: AcceptRequest, kind: 'retry' | 'abort'): Promise<void> {
  await eventually(async () => {
    if ((await operationOf(lab, request)).finishedAt !== null) return;
    await handleOf(lab, request).executeUpdate(kind, { args: [{ actor: 'rita' }] });
  });
}

/** Resets the newest run to its first or last completed workflow task, as the Temporal UI does. */
async function reset(request: AcceptRequest, where: 'first' | 'last'): Promise<void> {
  const { runId } = await handleOf(lab, request).describe();
  const { events } = await handleOf(lab, request).fetchHistory();
  const tasks = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes);
  const task = where === 'first' ? tasks[0] : tasks.at(-1);
  await lab.temporal.workflowService.resetWorkflowExecution({
    namespace: lab.embedded.temporalNamespace,
    workflowExecution: { workflowId: handleOf(lab, request).workflowId, runId },
    reason: 'a test',
    workflowTaskFinishEventId: task?.eventId ?? null,
    requestId: randomUUID(),
  });
}

it('retention passed: paused operations whose workflow Temporal has deleted wait again, and take orders', async () => {
  const [kept, given] = [requests.createSnapshot(await made()), requests.createSnapshot(await made())];
  for (const request of [kept, given]) {
    await broken.pauseAt(lab, request, 'createSnapshot');
    await deleteExecution(request);
  }
  await eventually(async () => {
    await sweepNow();
    expect((await handleOf(lab, kept).describe()).status.name).toBe('RUNNING');
  });
  await eventually(async () => expect(await historyOf(lab, kept)).toContain('waiting by scoria'));
  await order(kept, 'retry');
  await order(given, 'abort');
  expect(await ended(lab, kept.operationId)).toBe('succeeded');
  expect(await ended(lab, given.operationId)).toBe('aborted');
  await expectClean();
});

/** What retention does in the end, without its wait (an hour at least). */
async function deleteExecution(request: AcceptRequest): Promise<void> {
  const { workflowId } = handleOf(lab, request);
  const { temporalNamespace: namespace } = lab.embedded;
  await lab.temporal.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId } });
  await eventually(() => expect(handleOf(lab, request).describe()).rejects.toThrow());
}

it('a Temporal database that is lost altogether loses no operation', async () => {
  const paused = [requests.createSnapshot(await made()), requests.createBackup(await made())];
  for (const [index, step] of ['createSnapshot', 'writeBackup'].entries()) {
    const request = paused[index];
    if (request) await broken.pauseAt(lab, request, step);
  }
  const doomed = requests.deleteVolume(await made());
  const [toRetry, toAbort] = paused;
  if (!toRetry || !toAbort) throw new Error('two requests');
  await backend.worker.stop();
  await lab.starter.submit(doomed);
  await eventually(async () => expect((await operationOf(lab, doomed)).state).toBe('running'));
  const port = Number(lab.embedded.temporalAddress.split(':')[1]);
  await lab.embedded.temporal.stop();
  freshTemporal = await startTemporal({ directory: join(lab.directory, 'temporal-afresh'), port });
  backend = await lab.addBackend('alpha', 'first');
  await eventually(async () => {
    await sweepNow();
    expect((await handleOf(lab, toRetry).describe()).status.name).toBe('RUNNING');
  });
  await order(toRetry, 'retry');
  await order(toAbort, 'abort');
  expect(await ended(lab, toRetry.operationId)).toBe('succeeded');
  expect(await ended(lab, toAbort.operationId)).toBe('aborted');
  expect(await ended(lab, doomed.operationId)).toBe('succeeded');
  await expectClean();
});
