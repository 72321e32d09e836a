// Bad input to each endpoint of volumes, snapshots, attachments and backups: refused in Cinder's shape, nothing changed.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startVolumeLab, type VolumeLab } from './support/volume-lab.ts';

let lab: VolumeLab;
const ids: Record<string, string> = { unknown: '11111111-2222-3333-4444-555555555555' };

beforeAll(async () => {
  lab = await startVolumeLab();
  ids['volume'] = await lab.makeVolume();
  ids['error'] = await lab.makeVolume();
  await lab.call('POST', `/volumes/${ids['error']}/action`, { body: { 'os-reset_status': { status: 'error' } } });
  ids['large'] = await lab.makeVolume({ size: 5 });
  const snapshot = await lab.call('POST', '/snapshots', { body: { snapshot: { volume_id: ids['large'] } } });
  const backup = await lab.call('POST', '/backups', { body: { backup: { volume_id: ids['large'] } } });
  await lab.starter.settle();
  ids['snapshot'] = snapshot.body.snapshot.id as string;
  ids['backup'] = backup.body.backup.id as string;
  const busy = await lab.call('POST', '/volumes', { body: { volume: { size: 1 } } });
  ids['busy'] = busy.body.volume.id as string;
}, 60_000);
afterAll(() => lab?.stop());

/** `{volume}` in a path or body stands for that id. */
const filled = (text: string): string => text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => ids[name] ?? whole);

const long = 'x'.repeat(256);
const action = (body: object, of = 'volume'): Row => ['POST', `/volumes/{${of}}/action`, body, 400];

type Row = readonly [method: string, path: string, body: unknown, status: number];

const rows: readonly Row[] = [
  // Creating a volume.
  ['POST', '/volumes', '{"volume": ', 400],
  ['POST', '/volumes', 'null', 400],
  ['POST', '/volumes', '[]', 400],
  ['POST', '/volumes', { volume: null }, 400],
  ['POST', '/volumes', { volume: { size: '1.5' } }, 400],
  ['POST', '/volumes', { volume: { size: true } }, 400],
  ['POST', '/volumes', { volume: { size: 2 ** 31 } }, 400],
  ['POST', '/volumes', { volume: { size: 1, name: 5 } }, 400],
  ['POST', '/volumes', { volume: { size: 1, name: long } }, 400],
  ['POST', '/volumes', { volume: { size: 1, nonsense: 1 } }, 400],
  ['POST', '/volumes', { volume: { size: 1 }, nonsense: 1 }, 400],
  ['POST', '/volumes', { volume: { size: 1, metadata: { 'a/../b\n': 'x' } } }, 400],
  ['POST', '/volumes', { volume: { size: 1, metadata: { a: 5 } } }, 400],
  ['POST', '/volumes', { volume: { size: 1, snapshot_id: '../../etc/passwd' } }, 400],
  ['POST', '/volumes', { volume: { size: 1, source_volid: '{unknown}' } }, 404],
  ['POST', '/volumes', { volume: { size: 1, backup_id: '{unknown}' } }, 404],
  ['POST', '/volumes', { volume: { size: 1, group_id: '{unknown}' } }, 404],
  ['POST', '/volumes', { volume: { size: 1, volume_type: '../lf' } }, 404],
  ['POST', '/volumes', { volume: { size: 1, availability_zone: '' } }, 400],
  ['POST', '/volumes', { volume: { source_volid: '{error}' } }, 400],
  ['POST', '/volumes', { volume: { size: 1, source_volid: '{large}' } }, 400],
  ['POST', '/volumes', { volume: { size: 1, snapshot_id: '{snapshot}' } }, 400],
  ['POST', '/volumes', { volume: { size: 1, backup_id: '{backup}' } }, 400],
  ['POST', '/volumes', { volume: { snapshot_id: '{snapshot}', source_volid: '{large}' } }, 400],
  ['POST', '/volumes', { volume: { size: 1, name: 'x'.repeat(200_000) } }, 413],
  // Changing one.
  ['PUT', '/volumes/{unknown}', { volume: { name: 'x' } }, 404],
  ['PUT', '/volumes/{volume}', { volume: { size: 5 } }, 400],
  ['PUT', '/volumes/{volume}', { volume: {} }, 400],
  ['PUT', '/volumes/..%2f..', { volume: { name: 'x' } }, 404],
  ['DELETE', '/volumes/{unknown}', undefined, 404],
  ['DELETE', '/volumes/{large}', undefined, 400],
  ['DELETE', '/volumes/{busy}', undefined, 400],
  ['DELETE', '/volumes/{volume}?force=perhaps', undefined, 400],
  ['PUT', '/volumes/{volume}/metadata/a', { meta: { a: 'b', c: 'd' } }, 400],
  ['PUT', '/volumes/{volume}/metadata/a', { meta: {} }, 400],
  ['DELETE', '/volumes/{volume}/metadata/__proto__', undefined, 404],
  // Actions.
  action({ 'os-extend': {} }),
  action({ 'os-extend': { new_size: 1e10 } }),
  action({ 'os-extend': { new_size: 2, force: true } }),
  action({ 'os-extend': { new_size: 2 } }, 'busy'),
  action({ 'os-attach': { mountpoint: '/dev/vdb' } }),
  action({ 'os-attach': { mountpoint: '', host_name: 'h' } }),
  action({ 'os-attach': { mountpoint: '/dev/vdb', host_name: 'h' } }, 'error'),
  action({ 'os-detach': { attachment_id: 'x' } }),
  action({ 'os-reserve': {} }, 'error'),
  action({ 'os-begin_detaching': {} }),
  action({ 'os-initialize_connection': { connector: 'x' } }),
  action({ 'os-initialize_connection': { connector: {} } }, 'busy'),
  action({ 'os-reset_status': {} }),
  action({ 'os-reset_status': { status: 'in-use' } }),
  action({ 'os-reset_status': { status: 'deleting' } }),
  action({ 'os-reset_status': { attach_status: 'reserved' } }),
  action({ 'os-set_bootable': {} }),
  action({ 'os-update_readonly_flag': { readonly: true } }, 'error'),
  action({ 'os-set_image_metadata': { metadata: { '': 'x' } } }),
  ['POST', '/volumes/{volume}/action', { 'os-unset_image_metadata': { key: 'none' } }, 404],
  action({ 'os-extend': { new_size: 2 }, 'os-reserve': {} }),
  action({ 'os-migrate_volume_to_the_moon': {} }),
  // Snapshots.
  ['POST', '/snapshots', { snapshot: {} }, 400],
  ['POST', '/snapshots', { snapshot: { volume_id: null } }, 404],
  ['POST', '/snapshots', { snapshot: { volume_id: '{volume}', name: long } }, 400],
  ['POST', '/snapshots', { snapshot: { volume_id: '{volume}', description: 'a\u0007b' } }, 400],
  ['POST', '/snapshots', { snapshot: { volume_id: '{volume}', force: false } }, 400],
  ['POST', '/snapshots', { snapshot: { volume_id: '{error}' } }, 400],
  ['POST', '/snapshots', { snapshot: { volume_id: '{busy}' } }, 400],
  ['PUT', '/snapshots/{unknown}', { snapshot: { name: 'x' } }, 404],
  ['DELETE', '/snapshots/xyz', undefined, 404],
  ['POST', '/snapshots/{snapshot}/action', { 'os-reset_status': { status: 'broken' } }, 400],
  ['POST', '/snapshots/{snapshot}/action', { 'os-update_snapshot_status': { status: 'x', progress: '101%' } }, 400],
  // Attachments.
  ['POST', '/attachments', { attachment: { volume_uuid: 'x' } }, 400],
  ['POST', '/attachments', { attachment: { volume_uuid: '{volume}', mode: 'rx' } }, 400],
  ['POST', '/attachments', { attachment: { volume_uuid: '{volume}', connector: [] } }, 400],
  ['POST', '/attachments', { attachment: { volume_uuid: '{error}' } }, 400],
  ['POST', '/attachments', { attachment: { volume_uuid: '{busy}' } }, 400],
  ['PUT', '/attachments/{unknown}', { attachment: { connector: { host: 'h' } } }, 404],
  ['PUT', '/attachments/{unknown}', { attachment: { connector: {} } }, 400],
  ['POST', '/attachments/{unknown}/action', { 'os-complete': {} }, 404],
  ['DELETE', '/attachments/..', undefined, 404],
  // Backups.
  ['POST', '/backups', { backup: { volume_id: '{volume}', container: long } }, 400],
  ['POST', '/backups', { backup: { volume_id: '{volume}', snapshot_id: '{snapshot}' } }, 400],
  ['POST', '/backups', { backup: { volume_id: '{volume}', snapshot_id: '{unknown}' } }, 404],
  ['POST', '/backups', { backup: { volume_id: '{volume}', incremental: true } }, 400],
  ['POST', '/backups', { backup: { volume_id: '{volume}', incremental: 'maybe' } }, 400],
  ['POST', '/backups', { backup: { volume_id: '{error}' } }, 400],
  ['PUT', '/backups/{backup}', { backup: { size: 1 } }, 400],
  ['POST', '/backups/{backup}/restore', { restore: { volume_id: '{volume}' } }, 400],
  ['POST', '/backups/{backup}/restore', { restore: { volume_id: '{busy}' } }, 400],
  ['POST', '/backups/{backup}/restore', { restore: { volume_id: 'x' } }, 400],
  ['POST', '/backups/{backup}/restore', {}, 400],
  ['POST', '/backups/{backup}/action', { 'os-reset_status': { status: 'creating' } }, 400],
  ['DELETE', '/backups/{unknown}', undefined, 404],
  ['GET', '/backups?all_tenants=perhaps', undefined, 400],
];

/** Everything that a request could have changed. */
async function everything(): Promise<unknown> {
  const { db } = lab;
  return Promise.all([
    db.volume.findMany({ orderBy: { id: 'asc' } }),
    db.snapshot.findMany({ orderBy: { id: 'asc' } }),
    db.attachment.findMany({ orderBy: { id: 'asc' } }),
    db.backup.findMany({ orderBy: { id: 'asc' } }),
    db.operation.count(),
    db.operationResource.count(),
    db.operationEvent.count(),
    db.quotaUsage.findMany({ orderBy: { resource: 'asc' } }),
  ]);
}

test.each(rows)('%s %s %j is answered %i and changes nothing', async (method, path, body, status) => {
  const before = await everything();
  const sent = body === undefined ? undefined : filled(typeof body === 'string' ? body : JSON.stringify(body));
  const answered = await lab.call(method, filled(path), { body: sent });
  expect(answered.status).toBe(status);
  const [fault] = Object.values(answered.body as Record<string, unknown>);
  // What no resource answers for itself has WebOb's shape.
  const message = typeof fault === 'string' ? fault : (fault as { message: unknown }).message;
  expect(message).toEqual(expect.stringMatching(/\S/));
  expect(await everything()).toEqual(before);
});
