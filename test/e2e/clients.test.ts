// Unmodified openstack and cinder clients: each command that users type is called once and its answer read.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Launched } from '../../workers/embedded/launch-options.ts';
import { launch } from '../../workers/embedded/launcher.ts';
import { eventually } from '../support/eventually.ts';
import { Cloud, type Json } from './support/cloud.ts';
import { expectClean } from './support/left-over.ts';

let scratch: string;
let launched: Launched | undefined;
let cloud: Cloud;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'scoria-clients-'));
  const anyPorts = { apiPort: 0, temporalPort: 0, temporalUiPort: 0, postgresPort: 0 };
  const quiet = { say: () => {}, signal: new AbortController().signal };
  launched = await launch({ stateDir: join(scratch, 'state'), configFile: null, ...anyPorts, ...quiet });
  cloud = await Cloud.at(launched.facts);
});

afterAll(async () => {
  await launched?.stop();
  await rm(scratch, { recursive: true, force: true });
});

/** Rows of `openstack … list`, by name. */
async function listed(...words: string[]): Promise<ReadonlyMap<unknown, Json>> {
  const rows = await cloud.ask<Json[]>(...words);
  return new Map(rows.map((row) => [row['Name'], row]));
}

/** Properties that `cinder show` and `cinder create` print. */
const properties = (rows: readonly (readonly string[])[]): Readonly<Record<string, string>> =>
  Object.fromEntries(rows.map(([name = '', value = '']) => [name, value]));

/** The row of a cinder list in which one cell is `cell`. */
const rowWith = (rows: readonly (readonly string[])[], cell: string): readonly string[] =>
  rows.find((row) => row.includes(cell)) ?? [];

/** Waits until GET answers 404. */
async function gone(path: string): Promise<void> {
  await eventually(async () => expect((await cloud.call('GET', path)).status).toBe(404), 180_000);
}

test.concurrent('openstack: volume, volume snapshot and volume backup', async () => {
  const created = await cloud.ask('volume', 'create', '--size=1', '--description=first', '--property=a=b', 'os-volume');
  expect(created).toMatchObject({ name: 'os-volume', size: 1, description: 'first', properties: { a: 'b' } });
  const volumeId = String(created['id']);
  await cloud.succeeded(volumeId);
  expect((await listed('volume', 'list')).get('os-volume')).toMatchObject({
    ID: volumeId,
    Status: 'available',
    Size: 1,
  });
  await cloud.openstack('volume', 'set', '--name=os-renamed', '--property=c=d', '--size=2', 'os-volume');
  await cloud.succeeded(volumeId);
  expect(await cloud.ask('volume', 'show', 'os-renamed')).toMatchObject({
    id: volumeId,
    status: 'available',
    size: 2,
    properties: { a: 'b', c: 'd' },
  });

  const snapshot = await cloud.ask('volume', 'snapshot', 'create', '--volume=os-renamed', 'os-snapshot');
  const snapshotId = String(snapshot['id']);
  expect(snapshot).toMatchObject({ name: 'os-snapshot', size: 2, volume_id: volumeId });
  await cloud.succeeded(snapshotId);
  await cloud.openstack('volume', 'snapshot', 'set', '--name=os-snapshot-2', '--property=x=y', 'os-snapshot');
  expect((await listed('volume', 'snapshot', 'list')).get('os-snapshot-2')).toMatchObject({
    ID: snapshotId,
    Status: 'available',
    Size: 2,
  });
  expect(await cloud.ask('volume', 'snapshot', 'show', 'os-snapshot-2')).toMatchObject({
    id: snapshotId,
    properties: { x: 'y' },
  });
  await cloud.openstack('volume', 'snapshot', 'delete', 'os-snapshot-2');
  await gone(`/snapshots/${snapshotId}`);

  const { id: backup } = await cloud.ask('volume', 'backup', 'create', '--name=os-backup', 'os-renamed');
  const backupId = String(backup);
  await cloud.succeeded(backupId);
  expect((await listed('volume', 'backup', 'list')).get('os-backup')).toMatchObject({
    ID: backupId,
    Status: 'available',
    Size: 2,
  });
  expect(await cloud.ask('volume', 'backup', 'show', 'os-backup')).toMatchObject({
    id: backupId,
    volume_id: volumeId,
    is_incremental: false,
  });
  const restored = await cloud.ask('volume', 'backup', 'restore', 'os-backup', 'os-restored');
  expect(restored).toMatchObject({ id: backupId, volume_name: 'os-restored' });
  const restoredId = String(restored['volume_id']);
  await cloud.succeeded(backupId);
  expect(await cloud.volume(restoredId)).toMatchObject({ status: 'available', size: 2, name: 'os-restored' });
  await cloud.openstack('volume', 'backup', 'delete', 'os-backup');
  await cloud.openstack('volume', 'delete', 'os-renamed', 'os-restored');
  await Promise.all([gone(`/backups/${backupId}`), gone(`/volumes/${volumeId}`), gone(`/volumes/${restoredId}`)]);
});

test.concurrent('openstack: volume type, volume service, server', async () => {
  const type = await cloud.ask('volume', 'type', 'create', '--property=x:a=b', '--description=gold', 'os-type');
  expect(type).toMatchObject({ name: 'os-type', description: 'gold', is_public: true, properties: { 'x:a': 'b' } });
  const names = [...(await listed('volume', 'type', 'list')).keys()];
  expect(names).toEqual(expect.arrayContaining(['os-type', '__DEFAULT__']));
  await cloud.openstack('volume', 'type', 'set', '--name=os-type-2', '--property=x:c=d', 'os-type');
  expect(await cloud.ask('volume', 'type', 'show', 'os-type-2')).toMatchObject({
    id: type['id'],
    properties: { 'x:a': 'b', 'x:c': 'd' },
  });
  await cloud.openstack('volume', 'type', 'delete', 'os-type-2');
  expect((await cloud.call('GET', `/types/${String(type['id'])}`)).status).toBe(404);

  await eventually(async () => {
    const services = await cloud.ask<Json[]>('volume', 'service', 'list');
    const found = services.map((row) => `${String(row['Binary'])} ${String(row['Status'])} ${String(row['State'])}`);
    expect(found.toSorted()).toEqual([
      'cinder-backup enabled up',
      'cinder-scheduler enabled up',
      'cinder-volume enabled up',
    ]);
  });
  expect(await cloud.ask('server', 'list')).toEqual([]);
});

test.concurrent('cinder: volumes, snapshots and backups', async () => {
  const created = properties(await cloud.cinder('create', '--name=c-volume', '--metadata', 'a=b', '--', '1'));
  expect(created).toMatchObject({ name: 'c-volume', size: '1', metadata: "{'a': 'b'}" });
  const volumeId = String(created['id']);
  await cloud.succeeded(volumeId);
  expect(rowWith(await cloud.cinder('list'), volumeId).slice(0, 4)).toEqual([volumeId, 'available', 'c-volume', '1']);
  await cloud.cinder('rename', volumeId, 'c-renamed');
  await cloud.cinder('metadata', volumeId, 'set', 'a=c');
  await cloud.cinder('extend', volumeId, '2');
  await cloud.succeeded(volumeId);
  expect(properties(await cloud.cinder('show', 'c-renamed'))).toMatchObject({
    id: volumeId,
    status: 'available',
    size: '2',
    metadata: 'a : c',
  });

  const snapshot = properties(await cloud.cinder('snapshot-create', '--name=c-snapshot', 'c-renamed'));
  const snapshotId = String(snapshot['id']);
  await cloud.succeeded(snapshotId);
  expect(rowWith(await cloud.cinder('snapshot-list'), snapshotId)).toEqual(
    expect.arrayContaining([volumeId, 'available', 'c-snapshot', '2']),
  );
  await cloud.cinder('snapshot-delete', 'c-snapshot');
  await gone(`/snapshots/${snapshotId}`);

  const { id: backupId = '' } = properties(await cloud.cinder('backup-create', '--name=c-backup', 'c-renamed'));
  await cloud.succeeded(backupId);
  expect(rowWith(await cloud.cinder('backup-list'), backupId)).toEqual(
    expect.arrayContaining([volumeId, 'available', 'c-backup', '2']),
  );
  const restored = properties(await cloud.cinder('backup-restore', '--name=c-restored', 'c-backup'));
  expect(restored).toMatchObject({ backup_id: backupId, volume_name: 'c-restored' });
  await cloud.succeeded(backupId);
  const restoredId = String(restored['volume_id']);
  expect(await cloud.volume(restoredId)).toMatchObject({ status: 'available', size: 2, metadata: { a: 'c' } });
  await cloud.cinder('backup-delete', 'c-backup');
  await cloud.cinder('delete', 'c-renamed', 'c-restored');
  await Promise.all([gone(`/backups/${backupId}`), gone(`/volumes/${volumeId}`), gone(`/volumes/${restoredId}`)]);
});

test.concurrent('cinder: types, services and quotas', async () => {
  const [type = []] = await cloud.cinder('type-create', 'c-type');
  expect(type[1]).toBe('c-type');
  expect(rowWith(await cloud.cinder('type-list'), 'c-type')[0]).toBe(type[0]);
  await cloud.cinder('type-delete', 'c-type');
  expect((await cloud.call('GET', `/types/${type[0]}`)).status).toBe(404);

  const services = await cloud.cinder('service-list');
  expect(services.map(([binary]) => binary).toSorted()).toEqual(['cinder-backup', 'cinder-scheduler', 'cinder-volume']);
  expect(properties(await cloud.cinder('quota-show', cloud.facts.projectId))).toMatchObject({
    volumes: '10',
    gigabytes: '1000',
    snapshots: '10',
    backups: '10',
  });
});

test('what the clients have deleted has left nothing', async () => {
  await expectClean(cloud);
  expect(await cloud.get('/volumes/detail')).toEqual({ volumes: [] });
});
