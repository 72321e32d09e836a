// `scoria reset-state` looks at what is really there before it says what a row should be, and changes nothing unasked.
import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { sweep } from '../../api/operations/sweeper.ts';
import { forceStatus } from '../../prisma/store/operations/forced-status.ts';
import { resetState } from '../../workers/cli/reset-state.ts';
import { BrokenSteps, handleOf, historyOf, operationOf } from '../support/broken-steps.ts';
import { expectNothingLeft } from '../support/invariants.ts';
import { serveLab, type LabApi } from '../support/lab-api.ts';
import { startLab, type Lab, type LabBackend } from '../support/lab.ts';
import * as requests from '../support/requests.ts';
import { run } from '../support/scenarios.ts';

const broken = new BrokenSteps();
let lab: Lab;
let api: LabApi;
let backend: LabBackend;
let backupStore: string;
let printed: string[];

beforeAll(async () => {
  lab = await startLab({ interceptors: [broken.interceptor] });
  await lab.addControl();
  backend = await lab.addBackend('alpha', 'first');
  backupStore = await lab.addBackup('alpha');
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
const volumeOf = (id: string) => lab.db.volume.findUniqueOrThrow({ where: { id } });
const look = (resource: string, id: string) => resetState(resource, id, api.flags);
const apply = (resource: string, id: string, more = {}) =>
  resetState(resource, id, { ...api.flags, apply: true, reason: 'INC-7', ...more });
const proposed = () => printed.find((line) => line.startsWith('proposed'))?.slice('proposed  '.length);
const setByForce = (id: string, status: string) =>
  lab.db.$transaction((tx) => forceStatus(tx, { resource: 'volume', id, status, actor: 'root' }));

it('a volume in error whose bytes are there becomes available, when told, and its history says by whom and why', async () => {
  const request = requests.createVolume();
  const id = await made(request);
  await setByForce(id, 'error');
  expect(await look('volume', id)).toBe(1);
  expect(printed).toContain('found     alpha@first has it, 1 GiB, not exported');
  expect(proposed()).toBe('available, detached: its data is there, and nothing is attached');
  expect((await volumeOf(id)).status).toBe('error');
  expect(await apply('volume', id)).toBe(0);
  expect((await volumeOf(id)).status).toBe('available');
  expect((await historyOf(lab, request)).at(-1)).toMatch(
    /^reset-status by admin \(API, req-.+\): volume .+ was set from error to available: INC-7 \(its data is there/,
  );
  expect(await look('volume', id)).toBe(0);
  expect(printed.at(-1)).toBe('It is so already: nothing to do.');
  await expectNothingLeft(lab, [backend]);
});

it('what is gone, or too small, is said to be so', async () => {
  const [gone, small] = [await made(), await made()];
  await rename(fileOf(gone), `${fileOf(gone)}.aside`);
  await truncate(fileOf(small), 512 * 1024 ** 2);
  expect(await apply('volume', gone)).toBe(0);
  expect(printed).toContain('found     alpha@first does not have it');
  expect((await volumeOf(gone)).status).toBe('error');
  await rename(`${fileOf(gone)}.aside`, fileOf(gone));
  expect(await apply('volume', gone)).toBe(0);
  expect((await volumeOf(gone)).status).toBe('available');
  printed = [];
  expect(await look('volume', small)).toBe(1);
  expect(proposed()).toBe('error_extending: it is smaller than its row says');
  await truncate(fileOf(small), 1024 ** 3);
});

it('attachments to instances that are gone go; those to instances that are there, or that nobody can ask about, stay', async () => {
  const [stale, held, asked] = [await made(), await made(), await made()];
  const service = { id: randomUUID(), binary: 'nova-compute', host: 'kvm1', availabilityZone: 'nova' };
  await lab.db.service.create({ data: service });
  const instance = randomUUID();
  await lab.db.server.create({ data: { id: instance, name: 'web', host: 'kvm1', status: 'ACTIVE' } });
  const attach = async (volumeId: string, instanceId: string | null): Promise<void> => {
    const where = { instanceId, attachedHost: instanceId === null ? 'elsewhere' : 'kvm1' };
    await lab.db.attachment.create({ data: { id: randomUUID(), volumeId, attachStatus: 'attached', ...where } });
    await lab.db.volume.update({ where: { id: volumeId }, data: { status: 'error', attachStatus: 'attached' } });
  };
  await attach(stale, randomUUID());
  await attach(held, instance);
  await attach(asked, null);
  for (const id of [stale, held, asked]) expect(await apply('volume', id)).toBe(0);
  expect(await volumeOf(stale)).toMatchObject({ status: 'available', attachStatus: 'detached' });
  expect(await lab.db.attachment.count({ where: { volumeId: stale, deletedAt: null } })).toBe(0);
  for (const id of [held, asked]) {
    expect(await volumeOf(id)).toMatchObject({ status: 'in-use', attachStatus: 'attached' });
    expect(await lab.db.attachment.count({ where: { volumeId: id, deletedAt: null } })).toBe(1);
  }
  expect(printed).toContainEqual(expect.stringMatching(/instance .+ on kvm1 is gone$/));
  // The service has gone silent: nobody can say that the instance is gone.
  await lab.db.service.update({ where: { id: service.id }, data: { reportedAt: new Date(0) } });
  await attach(stale, randomUUID());
  printed = [];
  await look('volume', stale);
  expect(proposed()).toMatch(/^in-use, attached/);
  await lab.db.attachment.deleteMany({ where: { volumeId: { in: [stale, held, asked] } } });
  const detached = { status: 'available', attachStatus: 'detached' };
  await lab.db.volume.updateMany({ where: { id: { in: [stale, held, asked] } }, data: detached });
  await lab.db.service.delete({ where: { id: service.id } });
  await lab.db.server.delete({ where: { id: instance } });
});

it('an operation under way is in the way; told to go on despite it, it ends under a new epoch and nothing of it acts', async () => {
  const id = await made();
  const request = requests.extendVolume(id, 1, 2);
  await broken.pauseAt(lab, request, 'extendVolume');
  const before = await operationOf(lab, request);
  expect(await look('volume', id)).toBe(1);
  expect(printed).toContain(`found     operation ${request.operationId} (volumeExtend) is paused`);
  await expect(apply('volume', id)).rejects.toThrow(/\(volumeExtend\) is paused: retry or abort it/);
  expect((await volumeOf(id)).status).toBe('error_extending');
  expect(await apply('volume', id, { despiteOperation: true })).toBe(0);
  const after = await operationOf(lab, request);
  expect(after).toMatchObject({ state: 'aborted', reason: expect.stringContaining('INC-7') });
  expect(after.epoch).toBeGreaterThan(before.epoch);
  expect(await volumeOf(id)).toMatchObject({ status: 'available', operationId: null });
  await sweep({ ...lab, everyMs: 1_000, unstartedAfterMs: 0, silentAfterMs: 60_000 });
  expect(await handleOf(lab, request).result()).toMatchObject({ alreadyEnded: expect.stringMatching(/^aborted/) });
  await expectNothingLeft(lab, [backend]);
});

it("Cinder's own os-reset_status asks nothing, bumps the epoch of what it ends, and is recorded either way", async () => {
  const create = requests.createVolume();
  const id = await made(create);
  const force = (status: string) => api.call('POST', `/volumes/${id}/action`, { 'os-reset_status': { status } });
  const extend = requests.extendVolume(id, 1, 2);
  await broken.pauseAt(lab, extend, 'extendVolume');
  const { epoch } = await operationOf(lab, extend);
  expect(await force('available')).toMatchObject({ status: 202 });
  const ended = await operationOf(lab, extend);
  expect(ended.state).toBe('aborted');
  expect(ended.epoch).toBeGreaterThan(epoch);
  const retry = await api.call('POST', `/operations/${extend.operationId}/action`, { retry: {} });
  expect(retry).toMatchObject({ status: 409 });
  expect(await volumeOf(id)).toMatchObject({ status: 'available', sizeGib: 1, operationId: null });
  // Nothing owns it now: the last operation about it keeps the record.
  expect(await force('error')).toMatchObject({ status: 202 });
  expect(await historyOf(lab, extend)).toEqual(
    expect.arrayContaining([
      `reset-status by admin: volume ${id} was set from error_extending to available`,
      `reset-status by admin: volume ${id} was set from available to error`,
    ]),
  );
  expect(await force('available')).toMatchObject({ status: 202 });
  await expectNothingLeft(lab, [backend]);
});

it('data that an operation was destroying is never called whole', async () => {
  const id = await made();
  await broken.pauseAt(lab, requests.deleteVolume(id), 'removeVolume');
  await setByForce(id, 'available');
  expect(await apply('volume', id)).toBe(0);
  expect(proposed()).toMatch(/^error: volumeDelete .+ was cut off half-way/);
  expect((await volumeOf(id)).status).toBe('error');
  expect(await run(lab, requests.deleteVolume(id))).toBe('succeeded');
});

it('where nobody can look, nothing is proposed and nothing is set', async () => {
  const id = await made();
  await rename(backend.directory, `${backend.directory}.away`);
  try {
    expect(await look('volume', id)).toBe(1);
    expect(proposed()).toBe('nothing: nobody could look at the storage: nothing is known');
    await expect(apply('volume', id)).rejects.toThrow(/No state can be proposed/);
  } finally {
    await rename(`${backend.directory}.away`, backend.directory);
  }
  await expect(look('volume', randomUUID())).rejects.toThrow(/could not be found/);
  expect(await resetState('volume', id, { ...api.flags, apply: true })).toBe(2);
});

it('snapshots and backups are looked for, too', async () => {
  const volume = await made();
  const snapshot = await made(requests.createSnapshot(volume));
  const [backup, lost] = [await made(requests.createBackup(volume)), await made(requests.createBackup(volume))];
  await lab.db.snapshot.update({ where: { id: snapshot }, data: { status: 'error' } });
  await lab.db.backup.update({ where: { id: backup }, data: { status: 'error' } });
  for (const name of await readdir(backupStore, { recursive: true })) {
    if (name.includes(`backup_${lost}`) && name.includes('metadata')) await rm(join(backupStore, name));
  }
  expect(await apply('snapshot', snapshot)).toBe(0);
  expect(await apply('backup', backup)).toBe(0);
  expect(await apply('backup', lost)).toBe(0);
  expect(await lab.db.snapshot.findUniqueOrThrow({ where: { id: snapshot } })).toMatchObject({ status: 'available' });
  expect(await lab.db.backup.findUniqueOrThrow({ where: { id: backup } })).toMatchObject({ status: 'available' });
  expect(await lab.db.backup.findUniqueOrThrow({ where: { id: lost } })).toMatchObject({ status: 'error' });
});
