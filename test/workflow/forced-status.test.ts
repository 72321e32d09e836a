// A status set by force ends the operation that owned the row: nothing of it acts afterwards, whatever it was doing.
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sweep } from '../../api/operations/sweeper.ts';
import { forceStatus } from '../../prisma/store/operations/forced-status.ts';
import { BrokenSteps, handleOf, historyOf, operationOf } from '../support/broken-steps.ts';
import { eventually } from '../support/eventually.ts';
import { expectNothingLeft } from '../support/invariants.ts';
import { startLab, type Lab, type LabBackend } from '../support/lab.ts';
import * as requests from '../support/requests.ts';
import { run } from '../support/scenarios.ts';

const broken = new BrokenSteps();
let lab: Lab;
let backend: LabBackend;

/** While it is set, removals on the host wait for it: as a worker does that is stopped before it began. */
let held: Promise<void> | null = null;
let arrived = 0;
const outcomes: string[] = [];
const hold: ActivityInterceptorsFactory = ({ info }) => ({
  inbound: {
    execute: async (input, next) => {
      if (info.activityType !== 'removeVolume' || held === null) return next(input);
      arrived += 1;
      await held;
      return next(input).then(
        (result) => (outcomes.push('carried out'), result),
        (error: unknown) => {
          outcomes.push(String(error));
          throw error;
        },
      );
    },
  },
});

beforeAll(async () => {
  // A stopped worker is not to be replaced within the test.
  lab = await startLab({ interceptors: [broken.interceptor, hold], policy: { heartbeatTimeoutMs: 60_000 } });
  await lab.addControl();
  backend = await lab.addBackend('alpha', 'first');
}, 120_000);

afterAll(async () => lab?.stop());

const sweepNow = () => sweep({ ...lab, everyMs: 1_000, unstartedAfterMs: 0, silentAfterMs: 60_000 });

const reset = (id: string, status: string) =>
  lab.db.$transaction((tx) => forceStatus(tx, { resource: 'volume', id, status, actor: 'root' }));

async function made(): Promise<string> {
  const request = requests.createVolume();
  expect(await run(lab, request)).toBe('succeeded');
  return request.resourceId;
}

it('a paused operation ends, says who did it, bumps its epoch, and its workflow closes', async () => {
  const id = await made();
  const request = requests.extendVolume(id, 1, 2);
  await broken.pauseAt(lab, request, 'extendVolume');
  const before = await operationOf(lab, request);
  expect(await reset(id, 'available')).toBe(true);
  const after = await operationOf(lab, request);
  expect(after).toMatchObject({ state: 'aborted', reason: expect.stringContaining('nothing was undone') });
  expect(after.epoch).toBeGreaterThan(before.epoch);
  expect((await historyOf(lab, request)).at(-2)).toBe(
    `reset-status by root: volume ${id} was set from error_extending to available`,
  );
  await sweepNow();
  expect(await handleOf(lab, request).result()).toMatchObject({
    alreadyEnded: expect.stringMatching(/^aborted: volume/),
  });
  expect(await lab.db.volume.findUnique({ where: { id } })).toMatchObject({ status: 'available', operationId: null });
  await expectNothingLeft(lab, [backend]);
});

it('a removal that wakes up after the reset does not touch the volume', async () => {
  const id = await made();
  let release = (): void => {};
  held = new Promise((resolve) => (release = resolve));
  const request = requests.deleteVolume(id);
  await lab.starter.submit(request);
  await eventually(() => expect(arrived).toBe(1));
  expect(await reset(id, 'available')).toBe(true);
  // It has slept for longer than a claim is taken for fresh.
  const { workflowId } = handleOf(lab, request);
  await eventually(async () => {
    const { raw } = await lab.temporal.workflow.getHandle(workflowId).describe();
    const started = Number(raw.pendingActivities?.[0]?.lastStartedTime?.seconds ?? Infinity) * 1000;
    expect(Date.now() - started).toBeGreaterThan(4_000);
  });
  release();
  await eventually(() => expect(outcomes).toHaveLength(1));
  held = null;
  expect(outcomes[0]).toMatch(/void claim/);
  expect((await backend.driver.listObjects()).volumeIds).toContain(id);
  await eventually(async () => expect((await handleOf(lab, request).describe()).status.name).not.toBe('RUNNING'));
  expect(await lab.db.volume.findUnique({ where: { id } })).toMatchObject({ status: 'available', operationId: null });
  await expectNothingLeft(lab, [backend]);
});
