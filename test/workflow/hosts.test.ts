// Host queues: each worker runs only its own host's steps; a create leaves a host that never started; a late one is fenced.
import { rename } from 'node:fs/promises';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { expectNothingLeft } from '../support/invariants.ts';
import { startLab, type Lab, type LabBackend } from '../support/lab.ts';
import * as requests from '../support/requests.ts';
import { ended, run } from '../support/scenarios.ts';

interface RanStep {
  readonly queue: string;
  readonly step: string;
}

const ran: RanStep[] = [];
const watch: ActivityInterceptorsFactory = (context) => ({
  inbound: {
    execute: (input, next) => {
      if (!context.info.isLocal) ran.push({ queue: context.info.taskQueue, step: context.info.activityType });
      return next(input);
    },
  },
});

let lab: Lab;
let alpha: LabBackend;
let beta: LabBackend;

beforeAll(async () => {
  lab = await startLab({ interceptors: [watch], serviceDownTimeS: 4 });
  await lab.addControl();
  alpha = await lab.addBackend('alpha', 'lvm1', { capacityGib: 10 });
  beta = await lab.addBackend('beta', 'lvm1', { capacityGib: 10 });
}, 120_000);

afterAll(async () => lab?.stop());

it("of two volume hosts each runs only its own volumes' commands", async () => {
  ran.length = 0;
  const wanted = Array.from({ length: 10 }, () => requests.createVolume());
  for (const request of wanted) expect(await run(lab, request)).toBe('succeeded');
  const volumes = await lab.db.volume.findMany({ where: { deletedAt: null } });
  const on = (host: string) => volumes.filter((volume) => volume.host?.startsWith(host)).length;
  expect([on('alpha@'), on('beta@')].toSorted()).toEqual([5, 5]);
  expect(ran.filter(({ queue }) => queue === 'volume/alpha@lvm1')).toHaveLength(on('alpha@'));
  expect(ran.filter(({ queue }) => queue === 'volume/beta@lvm1')).toHaveLength(on('beta@'));
  expect(new Set(ran.map(({ queue }) => queue))).toEqual(new Set(['volume/alpha@lvm1', 'volume/beta@lvm1']));
  expect(await alpha.driver.listObjects()).toMatchObject({ volumeIds: { length: on('alpha@') } });
  await expectNothingLeft(lab, [alpha, beta]);
});

it('a create whose back-end has lost its directory goes to the next one', async () => {
  const hidden = `${alpha.directory}.hidden`;
  await rename(alpha.directory, hidden);
  try {
    const wanted = Array.from({ length: 4 }, () => requests.createVolume());
    for (const request of wanted) expect(await run(lab, request)).toBe('succeeded');
    const volumes = await lab.db.volume.findMany({ where: { id: { in: wanted.map((one) => one.resourceId) } } });
    expect(new Set(volumes.map((volume) => volume.host))).toEqual(new Set(['beta@lvm1#lvm1']));
  } finally {
    await rename(hidden, alpha.directory);
  }
});

it('a create whose host is down before any worker began goes to the next host, and nothing is left behind', async () => {
  await alpha.worker.stop();
  // The scheduler still believes in the host until service_down_time has passed.
  const request = requests.createVolume();
  await lab.db.pool.updateMany({ where: { host: 'beta@lvm1' }, data: { reservedPercentage: 0 } });
  expect(await run(lab, request)).toBe('succeeded');
  const volume = await lab.db.volume.findUniqueOrThrow({ where: { id: request.resourceId } });
  expect(volume.host).toBe('beta@lvm1#lvm1');
});

it('what must be done on a host that is down waits, says so, and goes on when it returns', async () => {
  const held = await lab.db.volume.findFirstOrThrow({ where: { host: { startsWith: 'alpha@' }, deletedAt: null } });
  const request = requests.deleteVolume(held.id);
  await lab.starter.submit(request);
  const handle = lab.temporal.workflow.getHandle(`volumeDelete/${held.id}/${request.operationId}`);
  await eventually(async () => {
    const details = await currentDetails(handle.workflowId);
    expect(details).toMatch(/Waiting for host alpha@lvm1, down since \d{4}-/);
  });
  alpha = await lab.addBackend('alpha', 'lvm1', { capacityGib: 10 });
  expect(await ended(lab, request.operationId)).toBe('succeeded');
  await eventually(() => expectNothingLeft(lab, [alpha, beta]));
});

/** The current details as the Temporal UI reads them. */
async function currentDetails(workflowId: string): Promise<string> {
  const metadata = await lab.temporal.workflow
    .getHandle(workflowId)
    .query<{ currentDetails?: string }>('__temporal_workflow_metadata');
  return metadata.currentDetails ?? '';
}
