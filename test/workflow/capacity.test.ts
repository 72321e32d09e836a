// Capacity cannot overshoot: 200 creates at once, room for 150 on two back-ends, without over-subscription.
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { expectNothingLeft } from '../support/invariants.ts';
import { startLab, type Lab, type LabBackend } from '../support/lab.ts';
import * as requests from '../support/requests.ts';

let lab: Lab;
let backends: LabBackend[];

beforeAll(async () => {
  lab = await startLab();
  await lab.addControl();
  backends = [
    await lab.addBackend('alpha', 'first', { capacityGib: 75 }),
    await lab.addBackend('beta', 'second', { capacityGib: 75 }),
  ];
}, 120_000);

afterAll(async () => lab?.stop());

it('exactly 150 become available, 50 fail with "No valid host", and nothing is left over', async () => {
  const wanted = Array.from({ length: 200 }, () => requests.createVolume());
  await Promise.all(wanted.map((request) => lab.starter.submit(request)));
  await eventually(async () => {
    expect(await lab.db.operation.count({ where: { finishedAt: null } })).toBe(0);
  }, 240_000);
  const volumes = await lab.db.volume.findMany();
  expect(volumes.filter((volume) => volume.status === 'available')).toHaveLength(150);
  expect(volumes.filter((volume) => volume.status === 'error' && volume.host === null)).toHaveLength(50);
  const failed = await lab.db.operation.findMany({ where: { state: 'failed' } });
  expect(failed).toHaveLength(50);
  for (const operation of failed) expect(operation.reason).toMatch(/^No valid host was found/);
  // Cinder's message for it: "schedule allocate volume: Could not find any available weighted backend."
  expect(await lab.db.message.count({ where: { eventId: 'VOLUME_VOLUME_001_003' } })).toBe(50);
  const pools = await lab.db.pool.findMany();
  expect(pools.map((pool) => [pool.allocatedGib, pool.allocatedVolumes])).toEqual([
    [75, 75],
    [75, 75],
  ]);
  for (const { directory } of backends) {
    expect((await readdir(directory)).filter((name) => name.startsWith('volume-'))).toHaveLength(75);
  }
  await expectNothingLeft(lab, backends);
});
