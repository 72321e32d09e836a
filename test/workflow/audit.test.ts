// An audit finds what differs between the rows and what is really there, and mends only what is provably Scoria's.
import { randomUUID } from 'node:crypto';
import { rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { auditCounters } from '../../prisma/store/audit/counters.ts';
import { repairCounter } from '../../prisma/store/audit/repair.ts';
import { forceStatus } from '../../prisma/store/operations/forced-status.ts';
import { audit } from '../../workers/cli/audit.ts';
import { BrokenSteps, pausedFor } from '../support/broken-steps.ts';
import { expectNothingLeft } from '../support/invariants.ts';
import { serveLab, type LabApi } from '../support/lab-api.ts';
import { startLab, type Lab, type LabBackend } from '../support/lab.ts';
import * as requests from '../support/requests.ts';
import { ended, run } from '../support/scenarios.ts';

const broken = new BrokenSteps();
let lab: Lab;
let api: LabApi;
let backend: LabBackend;
let printed: string[];

beforeAll(async () => {
  lab = await startLab({ interceptors: [broken.interceptor] });
  await lab.addControl();
  backend = await lab.addBackend('alpha', 'first');
  api = await serveLab(lab);
}, 120_000);

afterAll(async () => {
  await api?.stop();
  await lab?.stop();
});

beforeEach(() => {
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((line: unknown) => void printed.push(String(line)));
});
afterEach(() => void vi.restoreAllMocks());

async function made(request = requests.createVolume()): Promise<string> {
  expect(await run(lab, request)).toBe('succeeded');
  return request.resourceId;
}

const fileOf = (id: string) => join(backend.directory, `volume-${id}`);
const linesAbout = (id: string) => printed.filter((line) => line.includes(id));

it('of a cloud in order finds nothing', async () => {
  await made(requests.createSnapshot(await made()));
  expect(await audit(api.flags)).toBe(0);
  expect(printed.at(-1)).toBe('0 differences, 0 mended, 0 left');
  expect(printed).toContainEqual(expect.stringMatching(/^alpha@first +2 objects looked at$/));
});

it('names each difference, mends those that are ours, and leaves alone what it cannot prove', async () => {
  const [gone, cut, removed] = [await made(), await made(), await made()];
  const stranger = randomUUID();
  await rename(fileOf(gone), `${fileOf(gone)}.aside`);
  await truncate(fileOf(cut), 512 * 1024 ** 2);
  await made(requests.deleteVolume(removed));
  await writeFile(fileOf(removed), 'left over');
  await writeFile(fileOf(stranger), 'whose is it?');
  await lab.db.$executeRaw`UPDATE quota_usages SET in_use = in_use + 7 WHERE resource = 'volumes'`;
  await lab.db.$executeRaw`UPDATE pools SET allocated_gib = allocated_gib - 3`;

  expect(await audit(api.flags)).toBe(1);
  expect(linesAbout(gone)[0]).toMatch(/its row is available, 1 GiB {2}\[by-hand\]$/);
  expect(linesAbout(cut)[0]).toMatch(/0.5 GiB are there, its row says 1 GiB {2}\[by-hand\]$/);
  expect(linesAbout(removed)[0]).toMatch(/its row is deleted {2}\[repairable\]$/);
  expect(linesAbout(stranger)[0]).toMatch(/find out whose it is {2}\[by-hand\]$/);
  expect(printed.filter((line) => /counter .*\[repairable\]/.test(line))).toHaveLength(2);
  expect(printed.at(-1)).toBe('3 can be mended safely: scoria audit --repair');
  expect((await backend.driver.listObjects()).volumeIds).toEqual(expect.arrayContaining([removed, stranger]));

  printed = [];
  expect(await audit({ ...api.flags, repair: true })).toBe(1);
  expect(printed.at(-1)).toBe('6 differences, 3 mended, 3 left');
  const { volumeIds } = await backend.driver.listObjects();
  expect(volumeIds).toContain(stranger);
  expect(volumeIds).not.toContain(removed);

  await rename(`${fileOf(gone)}.aside`, fileOf(gone));
  await truncate(fileOf(cut), 1024 ** 3);
  await rm(fileOf(stranger));
  await expectNothingLeft(lab, [backend]);
});

it('does not take what an operation is working on for a difference, and says which host it could not look at', async () => {
  const id = await made();
  await rename(fileOf(id), `${fileOf(id)}.aside`);
  const extend = requests.extendVolume(id, 1, 2);
  await lab.starter.submit(extend);
  expect(await audit(api.flags)).toBe(0);
  expect(linesAbout(id)).toEqual([]);
  expect(printed.at(-1)).toBe('0 differences, 0 mended, 0 left');
  await pausedFor(lab, extend, /is not there/);
  await rename(`${fileOf(id)}.aside`, fileOf(id));
  await api.call('POST', `/operations/${extend.operationId}/action`, { retry: {} });
  expect(await ended(lab, extend.operationId)).toBe('succeeded');
  await lab.db.service.create({
    data: {
      id: randomUUID(),
      binary: 'cinder-volume',
      host: 'beta@lost',
      availabilityZone: 'nova',
      reportedAt: new Date(0),
    },
  });
  expect(await audit(api.flags)).toBe(1);
  expect(printed).toContainEqual(expect.stringMatching(/^beta@lost +NOT LOOKED AT: it is down/));
  const { body } = await api.call<{ audits: { state: string }[] }>('GET', '/audits?limit=1');
  expect(body.audits[0]?.state).toBe('incomplete');
});

describe('copies that migrations make', () => {
  let other: LabBackend;
  beforeAll(async () => {
    other = await lab.addBackend('alpha', 'second');
    await lab.db.service.deleteMany({ where: { host: 'beta@lost' } });
  }, 60_000);

  /** A migration that has paused at that step; answers its operation's id, which its copy bears. */
  async function migrating(volumeId: string, step: string): Promise<string> {
    const { host } = await lab.db.volume.findUniqueOrThrow({ where: { id: volumeId } });
    const to = host?.startsWith('alpha@first') ? 'alpha@second#second' : 'alpha@first#first';
    const request = requests.migrateVolume(volumeId, to);
    await broken.pauseAt(lab, request, step);
    return request.operationId;
  }

  const end = (id: string) =>
    lab.db.$transaction((tx) => forceStatus(tx, { resource: 'volume', id, status: 'available', actor: 'root' }));

  it('are no difference while it is not finished, and mended when it was ended without them', async () => {
    const volume = await made();
    const copy = await migrating(volume, 'fillCopy');
    expect(await audit(api.flags)).toBe(0);
    expect(printed.at(-1)).toBe('0 differences, 0 mended, 0 left');
    await end(volume);
    expect(await audit(api.flags)).toBe(1);
    expect(linesAbout(copy)[0]).toMatch(
      new RegExp(
        `what volumeMigrate ${copy} of volume ${volume}, which has ended .aborted., had copied {2}.repairable.$`,
      ),
    );
    expect(await audit({ ...api.flags, repair: true })).toBe(0);
    await expectNothingLeft(lab, [backend, other]);
  });

  it('are never removed once they have become the volume', async () => {
    const volume = await made();
    const copy = await migrating(volume, 'renameCopy');
    await end(volume);
    expect(await audit({ ...api.flags, repair: true })).toBe(1);
    expect(linesAbout(copy)[0]).toMatch(new RegExp(`it holds the bytes of volume ${volume}: .* {2}.by-hand.$`));
    expect(linesAbout(volume)).toContainEqual(expect.stringMatching(/its row is available, 1 GiB {2}.by-hand.$/));
    const { host } = await lab.db.volume.findUniqueOrThrow({ where: { id: volume } });
    const { directory } = host?.startsWith('alpha@first') ? backend : other;
    await rename(join(directory, `volume-${copy}`), join(directory, `volume-${volume}`));
    await expectNothingLeft(lab, [backend, other]);
  });
});

it('counts a promise of space only for a volume that lies in that pool', async () => {
  const id = await made();
  const { host } = await lab.db.volume.findUniqueOrThrow({ where: { id } });
  const found: unknown[] = [];
  for (const astray of [null, 'alpha@first#another']) {
    await lab.db.volume.update({ where: { id }, data: { host: astray, status: 'error' } });
    found.push(await auditCounters(lab.db));
  }
  const difference = { counter: `pool ${host} gib of ${id}`, counted: 1, rows: 0 };
  expect(found).toEqual([[difference], [difference]]);
  await lab.db.volume.update({ where: { id }, data: { host, status: 'available' } });
  expect(await auditCounters(lab.db)).toEqual([]);
});

it('corrects a counter once, however many repairs come to it at the same time', async () => {
  await made();
  await lab.db.$executeRaw`UPDATE quota_usages SET in_use = in_use + 5 WHERE resource = 'volumes'`;
  const [drift] = await auditCounters(lab.db);
  const difference = {
    ...({ class: 'counter-drift', place: 'database', resourceType: 'counter', detail: '', repairable: true } as const),
    resourceId: drift?.counter ?? '',
  };
  const repairs = await Promise.all(Array.from({ length: 4 }, () => repairCounter(lab.db, difference)));
  expect(repairs.filter((mended) => mended)).toHaveLength(1);
  expect(await auditCounters(lab.db)).toEqual([]);
});
