// What types, QoS specs, transfers, default types and metadata promise beyond the recorded answers.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditCounters } from '../../prisma/store/audit/counters.ts';
import { noteService } from '../../prisma/store/services/services.ts';
import { startVolumeLab, project, type VolumeLab } from './support/volume-lab.ts';

const other = '00112233445566778899aabbccddeeff';
let lab: VolumeLab;

beforeAll(async () => {
  lab = await startVolumeLab();
}, 60_000);
afterAll(() => lab?.stop());

const post = (path: string, body: object, projectId = project) => lab.call('POST', path, { body, projectId });

/** What is used of a project's quotas, as the quota set says it. */
async function used(projectId: string): Promise<Record<string, number>> {
  const { body } = await lab.call('GET', `/os-quota-sets/${projectId}?usage=True`);
  const names = ['volumes', 'gigabytes', 'snapshots', 'volumes_lf', 'gigabytes_lf', 'snapshots_lf'];
  return Object.fromEntries(names.map((name) => [name, body.quota_set[name].in_use as number]));
}

async function makeSnapshot(volumeId: string): Promise<string> {
  const { body } = await post('/snapshots', { snapshot: { volume_id: volumeId } });
  await lab.starter.settle();
  return body.snapshot.id as string;
}

async function offer(volumeId: string, wish: object = {}): Promise<{ id: string; auth_key: string }> {
  const { body } = await post('/volume-transfers', { transfer: { volume_id: volumeId, ...wish } });
  return body.transfer as { id: string; auth_key: string };
}

const accept = (transfer: { id: string; auth_key: string }) =>
  post(`/volume-transfers/${transfer.id}/accept`, { accept: { auth_key: transfer.auth_key } }, other);

test('an accepted transfer takes volume, snapshots and all of their quota to the new owner', async () => {
  const [before, beforeThere] = [await used(project), await used(other)];
  const volumeId = await lab.makeVolume({ size: 3 });
  const snapshotId = await makeSnapshot(volumeId);
  const transfer = await offer(volumeId);
  expect(await lab.show(volumeId)).toMatchObject({ status: 'awaiting-transfer' });
  expect((await accept(transfer)).status).toBe(202);
  expect(await lab.show(volumeId)).toMatchObject({ status: 'available', 'os-vol-tenant-attr:tenant_id': other });
  expect(await lab.db.snapshot.findUnique({ where: { id: snapshotId } })).toMatchObject({ projectId: other });
  expect(await used(project)).toEqual(before);
  expect(await used(other)).toEqual({
    volumes: (beforeThere['volumes'] ?? 0) + 1,
    gigabytes: (beforeThere['gigabytes'] ?? 0) + 6,
    snapshots: (beforeThere['snapshots'] ?? 0) + 1,
    volumes_lf: (beforeThere['volumes_lf'] ?? 0) + 1,
    gigabytes_lf: (beforeThere['gigabytes_lf'] ?? 0) + 6,
    snapshots_lf: (beforeThere['snapshots_lf'] ?? 0) + 1,
  });
  expect(await auditCounters(lab.db)).toEqual([]);
  expect((await accept(transfer)).status).toBe(404);
});

test('a transfer that the new owner has no quota for changes nothing', async () => {
  const volumeId = await lab.makeVolume({ size: 3 });
  const transfer = await offer(volumeId);
  const limit = (await used(other))['gigabytes'] ?? 0;
  await lab.call('PUT', `/os-quota-sets/${other}`, { body: { quota_set: { gigabytes: limit + 2 } } });
  const before = [await used(project), await used(other)];
  expect(await accept(transfer)).toMatchObject({ status: 413, body: { overLimit: { code: 413 } } });
  expect(await lab.show(volumeId)).toMatchObject({
    status: 'awaiting-transfer',
    'os-vol-tenant-attr:tenant_id': project,
  });
  expect([await used(project), await used(other)]).toEqual(before);
  await lab.call('DELETE', `/os-quota-sets/${other}`);
  expect((await accept(transfer)).status).toBe(202);
});

test('of two who accept a transfer at once, one gets it', async () => {
  const transfer = await offer(await lab.makeVolume());
  const answers = await Promise.all([accept(transfer), accept(transfer), accept(transfer)]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 404, 404]);
  expect(await auditCounters(lab.db)).toEqual([]);
});

test('snapshots that do not go along stay, and a busy one keeps its volume from being offered', async () => {
  const volumeId = await lab.makeVolume();
  const snapshotId = await makeSnapshot(volumeId);
  await lab.db.snapshot.update({ where: { id: snapshotId }, data: { status: 'error' } });
  const refused = await post('/volume-transfers', { transfer: { volume_id: volumeId } });
  expect(refused).toMatchObject({ status: 400, body: { badRequest: { message: /status must be available/ } } });
  expect(await lab.show(volumeId)).toMatchObject({ status: 'available' });
  expect((await accept(await offer(volumeId, { no_snapshots: true }))).status).toBe(202);
  expect(await lab.db.snapshot.findUnique({ where: { id: snapshotId } })).toMatchObject({ projectId: project });
  expect(await auditCounters(lab.db)).toEqual([]);
});

test('the key of an offer that was replaced after a reset opens nothing', async () => {
  const volumeId = await lab.makeVolume();
  const old = await offer(volumeId);
  await post(`/volumes/${volumeId}/action`, { 'os-reset_status': { status: 'available' } });
  const now = await offer(volumeId);
  expect((await accept(old)).status).toBe(404);
  expect((await accept(now)).status).toBe(202);
});

test('a connection carries the QoS specs that its consumer has to keep to, and only those', async () => {
  const { body: typed } = await post('/types', { volume_type: { name: 'limited' } });
  const typeId = typed.volume_type.id as string;
  const volumeId = await lab.makeVolume({ volume_type: 'limited' });
  const connector = { connector: { host: 'c1', initiator: 'iqn.1994-05.com.redhat:one', ip: '127.0.0.1' } };
  const specsOfConnection = async (): Promise<unknown> => {
    const { body } = await post(`/volumes/${volumeId}/action`, { 'os-initialize_connection': connector });
    return body.connection_info.data.qos_specs;
  };
  expect(await specsOfConnection()).toBeNull();
  const specs = { name: 'limits', consumer: 'both', total_iops_sec: '100' };
  const { body } = await post('/qos-specs', { qos_specs: specs });
  const id = body.qos_specs.id as string;
  await lab.call('GET', `/qos-specs/${id}/associate?vol_type_id=${typeId}`);
  expect(await specsOfConnection()).toEqual({ total_iops_sec: '100' });
  await lab.call('PUT', `/qos-specs/${id}`, { body: { qos_specs: { consumer: 'back-end' } } });
  expect(await specsOfConnection()).toBeNull();
  expect((await lab.call('DELETE', `/qos-specs/${id}`)).status).toBe(400);
  expect((await lab.call('DELETE', `/qos-specs/${id}?force=true`)).status).toBe(202);
  expect((await lab.call('GET', `/types/${typeId}`)).body.volume_type.qos_specs_id).toBeNull();
});

test("a project's own default type comes before the configured one, and cannot be deleted", async () => {
  const { body } = await post('/types', { volume_type: { name: 'ours' } });
  const id = body.volume_type.id as string;
  await lab.call('PUT', `/default-types/${other}`, { body: { default_type: { volume_type: 'ours' } } });
  expect((await lab.call('GET', '/types/default', { projectId: other })).body.volume_type.name).toBe('ours');
  expect((await post('/volumes', { volume: { size: 1 } }, other)).body.volume.volume_type).toBe('ours');
  expect((await post('/volumes', { volume: { size: 1 } })).body.volume.volume_type).toBe('lf');
  expect(await lab.call('DELETE', `/types/${id}`)).toMatchObject({
    status: 400,
    body: { badRequest: { message: `The volume type ${id} is a default volume type and cannot be deleted.` } },
  });
});

test('a change of metadata that names what it has read is refused once that is no longer so (3.15)', async () => {
  const volumeId = await lab.makeVolume({ metadata: { a: '1' } });
  const path = `/volumes/${volumeId}/metadata`;
  const response = await fetch(`${lab.url}/v3/${project}${path}`, {
    headers: { 'X-Auth-Token': `admin:${project}`, 'OpenStack-API-Version': 'volume 3.15' },
  });
  const tag = response.headers.get('etag') ?? '';
  expect(tag).toMatch(/^[0-9a-f]{32}$/);
  const put = (value: string, version: string) =>
    lab.call('PUT', path, { body: { metadata: { a: value } }, version, headers: { 'If-Match': `"${tag}"` } });
  expect((await put('2', '3.15')).status).toBe(200);
  expect((await put('3', '3.15')).status).toBe(412);
  expect((await lab.show(volumeId)).metadata).toEqual({ a: '2' });
  expect((await put('3', '3.14')).status).toBe(200);
});

test('log levels reach services with the answer to their next report', async () => {
  const before = lab.deps.log.level;
  const body = { binary: 'cinder-volume', server: 'peer@lf', prefix: '', level: 'DEBUG' };
  expect((await lab.call('PUT', '/os-services/set-log', { body })).status).toBe(202);
  expect(lab.deps.log.level).toBe(before);
  const { body: answer } = await lab.call('PUT', '/os-services/get-log', { body: { server: 'peer@lf' } });
  expect(answer.log_levels).toEqual([{ host: 'peer@lf', binary: 'cinder-volume', levels: { cinder: 'DEBUG' } }]);
  expect(await noteService(lab.db, 'cinder-volume', 'peer@lf', 'nova')).toBe('debug');
});
