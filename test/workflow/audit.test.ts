// An audit finds what differs between the rows and what is really there, and mends only what is provably Scoria's.
import { randomUUID } from 'node:crypto';
import { rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { audit } from '../../workers/cli/audit.ts';
import { expectNothingLeft } from '../support/invariants.ts';
import { serveLab, type LabApi } from '../support/lab-api.ts';
import { startLab, type Lab, type LabBackend } from '../support/lab.ts';
import * as requests from '../support/requests.ts';
import { run } from '../support/scenarios.ts';

let lab: Lab;
let api: LabApi;
let backend: LabBackend;
let printed: string[];

beforeAll(async () => {
  lab = await startLab();
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
  await rename(`${fileOf(id)}.aside`, fileOf(id));
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
