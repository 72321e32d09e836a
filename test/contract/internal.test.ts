// Hosts report and ask through /internal, with its secret only, and learn a volume's secret only under a claim in force.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HttpHostServices } from '../../workers/roles/host-services.ts';
import { newId } from '../support/ids.ts';
import { labConfig, startApiLab, type ApiLab } from './support/api-lab.ts';

let lab: ApiLab;
let host: HttpHostServices;
beforeAll(async () => {
  lab = await startApiLab();
  host = new HttpHostServices({ url: lab.url, secret: labConfig.internalSecret ?? '' });
}, 60_000);
afterAll(() => lab?.stop());

const pool = {
  poolName: 'lf',
  totalGib: 100,
  freeGib: 90.5,
  reservedPercentage: 0,
  maxOverSubscriptionRatio: 1,
  thinProvisioning: false,
  multiattach: true,
  capabilities: { volume_backend_name: 'lf', storage_protocol: 'iSCSI' },
};

async function addVolume(): Promise<{ volumeId: string; operationId: string }> {
  const [volumeId, operationId] = [newId(), newId()];
  const owner = { projectId: 'p', userId: 'u' };
  const placed = { sizeGib: 1, status: 'in-use', availabilityZone: 'nova', host: 'peer@lf#lf' };
  await lab.db.volume.create({ data: { id: volumeId, ...owner, ...placed } });
  const operation = {
    kind: 'connectionInitialize',
    state: 'running',
    epoch: 7n,
    resourceType: 'volume',
    resourceId: volumeId,
  };
  await lab.db.operation.create({ data: { id: operationId, ...owner, ...operation, requestId: 'r', input: {} } });
  return { volumeId, operationId };
}

test('nobody without the secret is answered', async () => {
  const attempts: Record<string, string>[] = [{}, { 'x-scoria-internal-secret': 'wrong' }];
  for (const headers of attempts) {
    const response = await fetch(`${lab.url}/internal/exports?host=peer@lf`, { headers });
    expect(response.status).toBe(401);
  }
});

test('a report makes the service and its pool known and never touches what was promised of it', async () => {
  const report = { binary: 'cinder-volume', host: 'peer@lf', availabilityZone: 'nova', pools: [pool] } as const;
  await host.report(report);
  await lab.db.pool.update({ where: { id: 'peer@lf#lf' }, data: { allocatedGib: 42, allocatedVolumes: 3 } });
  await lab.db.service.updateMany({ data: { disabled: true, disabledReason: 'maint', frozen: true } });
  await lab.db.service.updateMany({ data: { logLevel: 'debug' } });
  expect(await host.report({ ...report, pools: [{ ...pool, freeGib: 10 }] })).toEqual({
    logLevel: 'debug',
    pause: null,
  });
  expect(await lab.db.pool.findUniqueOrThrow({ where: { id: 'peer@lf#lf' } })).toMatchObject({
    freeGib: 10,
    allocatedGib: 42,
    allocatedVolumes: 3,
    capabilities: { volume_backend_name: 'lf', multiattach: true },
  });
  expect(await lab.db.service.findMany()).toMatchObject([{ disabled: true, disabledReason: 'maint', frozen: true }]);
});

test('a compute host reports its whole list: new servers come, those it lost go', async () => {
  const server = (id: string, name: string) => ({ id, name, status: 'ACTIVE', vcpus: 1, memoryMib: 256 });
  const [kept, lost, come] = [newId(), newId(), newId()];
  const report = { binary: 'nova-compute', host: 'cn1', availabilityZone: 'nova' } as const;
  await host.report({ ...report, servers: [server(kept, 'a'), server(lost, 'b')] });
  await host.report({ ...report, servers: [server(kept, 'a2'), server(come, 'c')] });
  const rows = await lab.db.server.findMany({ orderBy: { name: 'asc' }, select: { id: true, name: true, host: true } });
  expect(rows).toEqual([
    { id: kept, name: 'a2', host: 'cn1' },
    { id: come, name: 'c', host: 'cn1' },
  ]);
});

test('progress is written under the claim in force and refused under an older one', async () => {
  const { operationId } = await addVolume();
  const figures = { step: 'copy', bytesDone: 5_000_000_000, bytesTotal: 10_000_000_000 };
  await host.reportProgress({ operationId, epoch: '7' }, figures);
  expect(await lab.db.operation.findUnique({ where: { id: operationId } })).toMatchObject({
    step: 'copy',
    bytesDone: 5_000_000_000n,
  });
  await expect(host.reportProgress({ operationId, epoch: '6' }, figures)).rejects.toThrow(/no longer in force/);
});

test('a volume has one CHAP secret, sealed in the database, and only its own claim learns it', async () => {
  const [one, other] = [await addVolume(), await addVolume()];
  const claim = { operationId: one.operationId, epoch: '7' };
  const secrets = await Promise.all(Array.from({ length: 8 }, () => host.targetSecret(claim, one.volumeId)));
  expect(new Set(secrets.map((secret) => JSON.stringify(secret))).size).toBe(1);
  const { username = '', password = '' } = secrets[0] ?? {};
  expect([username, password]).toEqual([
    expect.stringMatching(/^[a-zA-Z0-9]{16}$/),
    expect.stringMatching(/^[a-zA-Z0-9]{16}$/),
  ]);
  const row = await lab.db.volume.findUniqueOrThrow({ where: { id: one.volumeId } });
  expect(row.targetSecret).not.toContain(password);
  await expect(host.targetSecret(claim, other.volumeId)).rejects.toThrow(/no longer in force/);
  await expect(host.targetSecret({ ...claim, epoch: '6' }, one.volumeId)).rejects.toThrow(/no longer in force/);
  await lab.db.operation.update({ where: { id: one.operationId }, data: { state: 'succeeded' } });
  await expect(host.targetSecret(claim, one.volumeId)).rejects.toThrow(/no longer in force/);
  expect(lab.logged.some((line) => line.includes(password))).toBe(false);
});

test('a back-end that has been started anew is told what it has to export', async () => {
  const { volumeId, operationId } = await addVolume();
  const chap = await host.targetSecret({ operationId, epoch: '7' }, volumeId);
  expect(await host.wantedExports('peer@lf')).toEqual([]);
  // A backup may be reading it over the network: the host knows whether it is.
  const use = { operationId, resourceType: 'volume', resourceId: volumeId, role: 'writes', held: true };
  await lab.db.operationResource.create({ data: use });
  expect(await host.wantedExports('peer@lf')).toEqual([{ volumeId, readonly: false, chap, attached: false }]);
  const attachment = {
    volumeId,
    attachStatus: 'attached',
    attachMode: 'rw',
    connectionInfo: { driver_volume_type: 'iscsi' },
  };
  await lab.db.attachment.create({ data: { id: newId(), ...attachment } });
  expect(await host.wantedExports('peer@lf')).toEqual([{ volumeId, readonly: false, chap, attached: true }]);
  expect(await host.wantedExports('peer@l')).toEqual([]);
});

test('nonsense is refused with its reason and changes nothing', async () => {
  const headers = { 'x-scoria-internal-secret': labConfig.internalSecret ?? '', 'Content-Type': 'application/json' };
  const post = (body: string) => fetch(`${lab.url}/internal/hosts/report`, { method: 'POST', headers, body });
  const services = await lab.db.service.count();
  for (const body of [
    '',
    '{',
    '[]',
    '{"binary": "rm"}',
    JSON.stringify({ binary: 'cinder-volume', host: '', availabilityZone: 'x' }),
  ]) {
    expect((await post(body)).status).toBe(400);
  }
  expect((await post('x'.repeat(9_000_000))).status).toBe(413);
  expect(await lab.db.service.count()).toBe(services);
});

test('a volume worker hears with its report that its back-end is paused, and what it keeps is in effect', async () => {
  const report = { binary: 'cinder-volume', host: 'peer@incident', availabilityZone: 'nova', pools: [pool] } as const;
  const admin = { 'X-Auth-Token': 'admin:fedcba98', 'Content-Type': 'application/json' };
  const order = async (body: object) => {
    const init = { method: 'POST', headers: admin, body: JSON.stringify(body) };
    const response = await fetch(`${lab.url}/v3/fedcba98/backends/peer@incident/action`, init);
    return (await response.json()) as { backend: { status: string; in_effect: boolean } };
  };
  const pause = { pause: { reason: 'smoke' } };
  expect(await host.report({ ...report, obeys: null })).toMatchObject({ pause: null });
  expect((await order(pause)).backend).toMatchObject({ status: 'paused', in_effect: false });
  const told = await host.report({ ...report, obeys: null });
  expect(told.pause).toMatchObject({ host: 'peer@incident', reason: 'smoke' });
  expect((await order(pause)).backend.in_effect, 'before the worker keeps it').toBe(false);
  await host.report({ ...report, obeys: told.pause?.pausedAt ?? null });
  expect((await order(pause)).backend.in_effect).toBe(true);
  expect((await order({ release: { reason: 'out' } })).backend.status).toBe('open');
  expect(await host.report({ ...report, obeys: null })).toMatchObject({ pause: null });
});
