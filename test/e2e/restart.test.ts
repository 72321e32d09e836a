// What is under way when Scoria is stopped, or when its worker is killed, is finished by itself afterwards.
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Daemon } from '../../privileged/daemon.ts';
import { rememberedProcess } from '../../privileged/leftover.ts';
import { eventually } from '../support/eventually.ts';
import { Cloud, type Json } from './support/cloud.ts';
import { expectClean, volumeFile } from './support/left-over.ts';
import { anyPorts, placesIn, ready, startUp } from './support/up.ts';

const mib = 1024 ** 2;
const dataMib = 1024;
const stopGraceMs = 90_000;
const patienceMs = 300_000;

let directory: string;
let daemon: Daemon;
let cloud: Cloud;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'scoria-restart-'));
  await writeFile(join(directory, 'scoria.conf'), config);
  await start();
});

afterAll(async () => {
  await daemon?.stop(stopGraceMs);
  await rm(directory, { recursive: true, force: true });
});

async function start(): Promise<void> {
  daemon = await startUp(directory, '--config', join(directory, 'scoria.conf'), ...anyPorts);
  cloud = await Cloud.at(await ready(daemon, directory));
}

// A dead worker is noticed by its missing heartbeat: within seconds here, so that the test need not wait for it.
const config = `[DEFAULT]
my_ip = 127.0.0.1
auth_strategy = noauth
enabled_backends = file
quota_volumes = 100
[file]
volume_driver = file
volume_backend_name = file
file_volumes_dir = $state_path/volumes/file
[scoria]
step_heartbeat_timeout_ms = 5000
`;

async function createVolume(name: string, source: Json = {}): Promise<string> {
  const volume = { name, size: 1, ...source };
  const { status, body } = await cloud.call<{ volume: Json }>('POST', '/volumes', { volume });
  expect(status, JSON.stringify(body)).toBe(202);
  return String(body.volume['id']);
}

test('a backup and a delete that are under way when everything is stopped go on by themselves at the next start', async () => {
  const source = await createVolume('source');
  const doomed = await createVolume('doomed');
  await Promise.all([cloud.succeeded(source), cloud.succeeded(doomed)]);
  await fillWithRandomData(volumeFile(cloud, doomed));
  const digest = await fillWithRandomData(volumeFile(cloud, source));
  const asked = { backup: { volume_id: source, name: 'kept' } };
  const backup = String((await cloud.call<{ backup: Json }>('POST', '/backups', asked)).body.backup['id']);
  await eventually(async () => {
    const [operation] = await cloud.operations(backup);
    expect(operation).toMatchObject({ state: 'running', step: expect.any(String) });
  });
  expect((await cloud.call('DELETE', `/volumes/${doomed}`)).status).toBe(202);
  const stoppedAt = new Date();
  expect(await daemon.stop(stopGraceMs)).toMatchObject({ code: 0 });

  await start();
  const finished = [await cloud.succeeded(backup, patienceMs), await cloud.succeeded(doomed, patienceMs)];
  const ends = finished.map(({ finished_at: at }) => new Date(`${at}Z`).getTime());
  expect(Math.max(...ends), 'something was under way when it stopped').toBeGreaterThan(stoppedAt.getTime());
  expect((await cloud.call('GET', `/volumes/${doomed}`)).status).toBe(404);
  expect(await cloud.volume(source)).toMatchObject({ status: 'available' });
  expect(await digestOf(volumeFile(cloud, source))).toBe(digest);

  const path = `/backups/${backup}/restore`;
  const { body } = await cloud.call<{ restore: Json }>('POST', path, { restore: { name: 'restored' } });
  await cloud.succeeded(backup, patienceMs);
  expect(await digestOf(volumeFile(cloud, String(body.restore['volume_id'])))).toBe(digest);
  await expectClean(cloud);
});

test('a worker that is killed in a burst of creates, amid a copy, leaves every volume available and nothing else', async () => {
  const source = await createVolume('original');
  await cloud.succeeded(source);
  const digest = await fillWithRandomData(volumeFile(cloud, source));
  const blanks = await Promise.all(Array.from({ length: 30 }, (_, index) => createVolume(`burst-${index}`)));
  const copy = await createVolume('copy', { source_volid: source });
  const ids = [source, copy, ...blanks];
  // Where the file system shares blocks the copy takes no time and may be done already.
  await eventually(async () => {
    const isDone = (await statuses([copy])).has('available');
    expect(isDone || (await halfMade(copy)).length > 0).toBe(true);
  });
  process.kill(await workerPid(), 'SIGKILL');
  await eventually(async () => {
    expect(await readFile(placesIn(directory).logFile, 'utf8')).toContain('worker is up again');
    const all = await statuses(ids);
    expect([...all].filter((one) => one !== 'available' && one !== 'error')).toEqual([]);
  }, patienceMs);
  await eventually(() => expectClean(cloud), patienceMs);
  expect([...(await statuses(ids))], 'a killed worker is no reason for an error').toEqual(['available']);
  expect(await digestOf(volumeFile(cloud, copy))).toBe(digest);
});

/** Files that a create of the volume has begun. */
async function halfMade(volumeId: string): Promise<readonly string[]> {
  const names = await readdir(join(dirname(volumeFile(cloud, volumeId)), '.partial'));
  return names.filter((name) => name.includes(volumeId));
}

/** The launcher writes it again at each start of the worker. */
async function workerPid(): Promise<number> {
  const pid = await rememberedProcess(join(cloud.facts.stateDir, 'run', 'worker.pid'));
  if (pid === null) throw new Error('there is no worker');
  return pid;
}

async function statuses(ids: readonly string[]): Promise<ReadonlySet<unknown>> {
  const { volumes } = await cloud.get<{ volumes: Json[] }>('/volumes/detail');
  return new Set(volumes.filter(({ id }) => ids.includes(String(id))).map(({ status }) => status));
}

/** Fills a whole volume with what does not compress; answers its SHA-256. */
async function fillWithRandomData(path: string): Promise<string> {
  const piece = randomBytes(64 * mib);
  const file = await open(path, 'r+');
  const hash = createHash('sha256');
  try {
    for (let offset = 0; offset < dataMib * mib; offset += piece.length) {
      // No two pieces are alike, so that one in the place of another is noticed.
      piece.writeUInt32LE(offset / piece.length, 0);
      await file.write(piece, 0, piece.length, offset);
      hash.update(piece);
    }
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 4 * mib })) hash.update(piece as Buffer);
  return hash.digest('hex');
}
