// Bad input to types' encryption, QoS specs, group types, default types, transfers, logs and clean-up: refused in
// Cinder's shape, nothing changed.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startVolumeLab, project, type VolumeLab } from './support/volume-lab.ts';

let lab: VolumeLab;
const ids: Record<string, string> = { unknown: '11111111-2222-3333-4444-555555555555', project };

/** Sends a body that has to work and keeps the id that it answers. */
async function make(name: string, path: string, body: Record<string, object>): Promise<void> {
  const { status, body: answer } = await lab.call('POST', path, { body });
  if (status >= 300) throw new Error(JSON.stringify(answer));
  const [key = ''] = Object.keys(body);
  ids[name] = answer[key].id as string;
}

beforeAll(async () => {
  lab = await startVolumeLab();
  await make('type', '/types', { volume_type: { name: 'plain' } });
  await make('used', '/types', { volume_type: { name: 'used' } });
  await make('encrypted', '/types', { volume_type: { name: 'encrypted' } });
  const encryption = { provider: 'luks', control_location: 'front-end' };
  await lab.call('POST', `/types/${ids['encrypted']}/encryption`, { body: { encryption } });
  await make('qos', '/qos-specs', { qos_specs: { name: 'gold', a: '1' } });
  await make('qos2', '/qos-specs', { qos_specs: { name: 'silver' } });
  await lab.call('GET', `/qos-specs/${ids['qos']}/associate?vol_type_id=${ids['used']}`);
  await make('group', '/group_types', { group_type: { name: 'groups' } });
  ids['volume'] = await lab.makeVolume({ volume_type: 'used' });
  ids['offered'] = await lab.makeVolume();
  await make('transfer', '/volume-transfers', { transfer: { volume_id: ids['offered'] } });
}, 60_000);
afterAll(() => lab?.stop());

/** `{volume}` in a path or body stands for that id. */
const filled = (text: string): string => text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => ids[name] ?? whole);
const long = 'x'.repeat(256);

type Row = readonly [method: string, path: string, body: object | undefined, status: number, version?: string];
const encryption = (change: object): Row => [
  'POST',
  '/types/{type}/encryption',
  { encryption: { provider: 'luks', control_location: 'front-end', ...change } },
  400,
];

const rows: readonly Row[] = [
  // Encryption of types.
  encryption({ key_size: -1 }),
  encryption({ key_size: 'many' }),
  encryption({ key_size: 2 ** 31 }),
  encryption({ provider: 5 }),
  encryption({ provider: long }),
  encryption({ control_location: 'middle' }),
  ['POST', '/types/{type}/encryption', { encryption: {} }, 400],
  ['POST', '/types/{type}/encryption', {}, 400],
  ['POST', '/types/{unknown}/encryption', { encryption: { provider: 'p', control_location: 'back-end' } }, 404],
  ['POST', '/types/{used}/encryption', { encryption: { provider: 'p', control_location: 'back-end' } }, 400],
  ['PUT', '/types/{type}/encryption/x', { encryption: { cipher: 'x' } }, 404],
  ['PUT', '/types/{encrypted}/encryption/x', { encryption: { cipher: long } }, 400],
  ['DELETE', '/types/{type}/encryption/x', undefined, 404],
  ['GET', '/types/{encrypted}/encryption/nonsense', undefined, 404],
  // A volume of an encrypted type would need a key.
  ['POST', '/volumes', { volume: { size: 1, volume_type: 'encrypted' } }, 400],
  // QoS specs.
  ['POST', '/qos-specs', { qos_specs: { name: ' ' } }, 400],
  ['POST', '/qos-specs', { qos_specs: { name: long } }, 400],
  ['POST', '/qos-specs', { qos_specs: { consumer: 'both' } }, 400],
  ['POST', '/qos-specs', { qos_specs: { name: 'x', consumer: 'me' } }, 400],
  ['POST', '/qos-specs', { qos_specs: { name: 'x', [long]: 'a' } }, 400],
  ['POST', '/qos-specs', { qos_specs: { name: 'x', a: long } }, 400],
  ['POST', '/qos-specs', { qos_specs: { name: 'x', a: 5 } }, 400],
  ['POST', '/qos-specs', { qos_specs: { name: 'gold' } }, 409],
  ['PUT', '/qos-specs/{qos}', { qos_specs: { 'a/../b\n': 'x' } }, 400],
  ['PUT', '/qos-specs/{qos}', { qos_specs: { consumer: 'me' } }, 400],
  ['PUT', '/qos-specs/{unknown}', { qos_specs: { a: 'b' } }, 404],
  ['PUT', '/qos-specs/{qos}/delete_keys', { keys: ['a', 'a'] }, 400],
  ['PUT', '/qos-specs/{qos}/delete_keys', { keys: [''] }, 400],
  ['PUT', '/qos-specs/{qos}/delete_keys', { keys: 'a' }, 400],
  ['PUT', '/qos-specs/{qos}/delete_keys', { keys: ['a', 'nonsense'] }, 404],
  ['DELETE', '/qos-specs/{qos}', undefined, 400],
  ['DELETE', '/qos-specs/{qos}?force=maybe', undefined, 400],
  ['DELETE', '/qos-specs/not-an-id', undefined, 404],
  ['GET', '/qos-specs/{qos}/associate', undefined, 400],
  ['GET', '/qos-specs/{qos}/associate?vol_type_id={unknown}', undefined, 404],
  ['GET', '/qos-specs/{qos2}/associate?vol_type_id={used}', undefined, 400],
  ['GET', '/qos-specs/{unknown}/disassociate_all', undefined, 404],
  ['GET', '/qos-specs?marker={unknown}', undefined, 404],
  ['GET', '/qos-specs?sort=nonsense', undefined, 400],
  // Group types.
  ['POST', '/group_types', { group_type: { name: '' } }, 400],
  ['POST', '/group_types', { group_type: { name: 'x', is_public: 'maybe' } }, 400],
  ['POST', '/group_types', { group_type: { name: 'x', group_specs: { a: 5 } } }, 400],
  ['POST', '/group_types', { group_type: { name: 'x', nonsense: 1 } }, 400],
  ['POST', '/group_types', { group_type: { name: 'groups' } }, 409],
  ['PUT', '/group_types/{group}', { group_type: {} }, 400],
  ['PUT', '/group_types/{group}', { group_type: { name: ' ' } }, 400],
  ['PUT', '/group_types/{unknown}', { group_type: { name: 'x' } }, 404],
  ['DELETE', '/group_types/not-an-id', undefined, 404],
  ['POST', '/group_types/{group}/group_specs', { group_specs: { 'a b': 'c' } }, 400],
  ['PUT', '/group_types/{group}/group_specs/a', { b: 'c' }, 400],
  ['PUT', '/group_types/{group}/group_specs/a', { a: 'c', b: 'c' }, 400],
  ['GET', '/group_types/{group}/group_specs/a', undefined, 404],
  ['DELETE', '/group_types/{group}/group_specs/a', undefined, 404],
  ['GET', '/group_types?is_public=maybe', undefined, 400],
  // Default types.
  ['PUT', '/default-types/{project}', { default_type: { volume_type: 'nonsense' } }, 400],
  ['PUT', '/default-types/{project}', { default_type: { volume_type: '{unknown}' } }, 400],
  ['PUT', '/default-types/{project}', { default_type: {} }, 400],
  ['GET', '/default-types/{unknown}', undefined, 404],
  // Transfers.
  ['POST', '/volume-transfers', { transfer: { volume_id: 'x' } }, 400],
  ['POST', '/volume-transfers', { transfer: { volume_id: '{unknown}' } }, 404],
  ['POST', '/volume-transfers', { transfer: { volume_id: '{offered}' } }, 400],
  ['POST', '/volume-transfers', { transfer: { volume_id: '{volume}', no_snapshots: 'maybe' } }, 400],
  ['POST', '/volume-transfers', { transfer: { volume_id: '{volume}', no_snapshots: true } }, 400, '3.54'],
  ['POST', '/os-volume-transfer', { transfer: { volume_id: '{volume}', no_snapshots: true } }, 400],
  ['POST', '/volume-transfers/{transfer}/accept', { accept: {} }, 400],
  ['POST', '/volume-transfers/{transfer}/accept', { accept: { auth_key: ['x'] } }, 400],
  ['POST', '/volume-transfers/{transfer}/accept', { accept: { auth_key: 5 } }, 400],
  ['POST', '/volume-transfers/{unknown}/accept', { accept: { auth_key: 'x' } }, 404],
  ['DELETE', '/volume-transfers/{unknown}', undefined, 404],
  ['GET', '/volume-transfers?marker={unknown}', undefined, 404],
  // Logs, clean-up, clusters, the completion of an extend.
  ['PUT', '/os-services/set-log', { level: 'loud' }, 400],
  ['PUT', '/os-services/set-log', {}, 400],
  ['PUT', '/os-services/get-log', { binary: 'nova-compute' }, 400],
  ['PUT', '/os-services/get-log', {}, 404, '3.31'],
  ['POST', '/workers/cleanup', { binary: 'cinder-backup' }, 400],
  ['POST', '/workers/cleanup', { resource_type: 'Pony' }, 400],
  ['POST', '/workers/cleanup', { resource_id: '{volume}' }, 400],
  ['GET', '/clusters?nonsense=1', undefined, 400],
  ['GET', '/clusters/nonsense', undefined, 404],
  ['PUT', '/clusters/enable', { name: 'nonsense' }, 404],
  ['POST', '/volumes/{volume}/action', { 'os-extend_volume_completion': {} }, 400],
  ['POST', '/volumes/{volume}/action', { 'os-extend_volume_completion': { error: 5 } }, 400],
];

const contents = async (): Promise<unknown> => ({
  types: await lab.db.volumeType.findMany({ orderBy: { id: 'asc' } }),
  encryptions: await lab.db.volumeTypeEncryption.findMany({ orderBy: { id: 'asc' } }),
  qos: await lab.db.qosSpecs.findMany({ orderBy: { id: 'asc' } }),
  groupTypes: await lab.db.groupType.findMany({ orderBy: { id: 'asc' } }),
  defaults: await lab.db.defaultVolumeType.findMany(),
  transfers: await lab.db.volumeTransfer.findMany({ orderBy: { id: 'asc' } }),
  volumes: await lab.db.volume.findMany({ orderBy: { id: 'asc' } }),
  usage: await lab.db.quotaUsage.findMany({ orderBy: [{ projectId: 'asc' }, { resource: 'asc' }] }),
  levels: await lab.db.service.findMany({ select: { logLevel: true } }),
});

const versioned = rows.map(([method, path, body, status, version = '3.71']) => {
  return [method, path, body, status, version] as const;
});

test.sequential.each(versioned)('%s %s %j is %i (%s)', async (method, path, body, status, version) => {
  const before = await contents();
  const sent = body === undefined ? undefined : filled(JSON.stringify(body));
  const answered = await lab.call(method, filled(path), { body: sent, version });
  expect(answered).toMatchObject({ status });
  const [fault] = Object.values(answered.body as Record<string, { code: number; message: string }>);
  expect(fault).toMatchObject({ code: status, message: expect.any(String) });
  expect(await contents()).toEqual(before);
});
