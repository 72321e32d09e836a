// The Nova subset: discovery, servers, and volumes attached through them.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApp } from '../../api/app.ts';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newId } from '../support/ids.ts';
import { project, startVolumeLab, type Answered, type VolumeLab } from './support/volume-lab.ts';

let lab: VolumeLab;
let listening: Server;
let url: string;
const serverId = newId();

beforeAll(async () => {
  lab = await startVolumeLab();
  await lab.db.server.create({ data: { id: serverId, name: 'demo', host: 'peer', status: 'ACTIVE' } });
  await lab.db.server.create({ data: { id: newId(), name: 'broken', host: 'peer', status: 'ERROR' } });
  listening = await new Promise((resolve) => {
    const started = createApp({ ...lab.deps, operations: lab.starter }).listen(0, '127.0.0.1', () => resolve(started));
  });
  url = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}, 60_000);
afterAll(async () => {
  listening?.closeAllConnections();
  listening?.close();
  await lab?.stop();
});

async function nova(method: string, path: string, body?: unknown): Promise<Answered & { headers: Headers }> {
  const response = await fetch(`${url}/compute/v2.1${path}`, {
    method,
    headers: {
      'X-Auth-Token': `admin:${project}`,
      'Content-Type': 'application/json',
      'OpenStack-API-Version': 'compute 2.1',
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? null : (JSON.parse(text) as unknown),
  };
}

const attachments = `/servers/${serverId}/os-volume_attachments`;
const wish = (volumeId: string, more: object = {}): object => ({ volumeAttachment: { volumeId, ...more } });

test.each(['/compute/v2.1', '/compute/v2.1/', `/compute/v2.1/${project}`, '/compute'])(
  '%s says without a token which Compute API this is',
  async (path) => {
    const body = (await (await fetch(url + path)).json()) as { version?: object; versions?: object[] };
    expect(body.version ?? body.versions?.[0]).toMatchObject({ id: 'v2.1', status: 'CURRENT', min_version: '2.1' });
  },
);

test('servers are listed, found by name and shown, with and without a project in the path', async () => {
  for (const prefix of ['', `/${project}`]) {
    const listed = await nova('GET', `${prefix}/servers?name=demo`);
    expect(listed.body.servers).toMatchObject([{ id: serverId, name: 'demo' }]);
    expect(listed.headers.get('openstack-api-version')).toBe('compute 2.1');
    const shown = await nova('GET', `${prefix}/servers/${serverId}`);
    expect(shown.body.server).toMatchObject({ id: serverId, status: 'ACTIVE', 'OS-EXT-SRV-ATTR:host': 'peer' });
  }
  expect((await nova('GET', '/servers/detail?limit=1')).body).toMatchObject({ servers: [{}], servers_links: [{}] });
  expect((await nova('GET', '/servers/nope')).body.itemNotFound.message).toBe('Instance nope could not be found.');
});

test('a volume is attached, listed and detached, and no more than once', async () => {
  const volumeId = await lab.makeVolume();
  const answered = await nova('POST', attachments, wish(volumeId, { device: null }));
  expect(answered).toMatchObject({ status: 200, body: { volumeAttachment: { id: volumeId, volumeId, serverId } } });
  expect((await lab.show(volumeId)).status).toBe('attaching');
  expect((await nova('POST', attachments, wish(volumeId))).status).toBe(400);
  await lab.starter.settle();
  expect(await lab.show(volumeId)).toMatchObject({
    status: 'in-use',
    attachments: [{ server_id: serverId, device: '/dev/vdb' }],
  });
  expect((await nova('GET', attachments)).body.volumeAttachments).toMatchObject([{ volumeId, device: '/dev/vdb' }]);
  expect((await nova('GET', `/servers/${serverId}`)).body.server['os-extended-volumes:volumes_attached']).toEqual([
    { id: volumeId },
  ]);
  const detached = await Promise.all([1, 2].map(() => nova('DELETE', `${attachments}/${volumeId}`)));
  expect(detached.map(({ status }) => status).sort()).toEqual([202, 400]);
  await lab.starter.settle();
  expect(await lab.show(volumeId)).toMatchObject({ status: 'available', attachments: [] });
  expect((await nova('DELETE', `${attachments}/${volumeId}`)).status).toBe(404);
});

test('of ten servers one gets a volume, and nine leave no row', async () => {
  const volumeId = await lab.makeVolume();
  const servers = Array.from({ length: 10 }, () => newId());
  for (const id of servers) await lab.db.server.create({ data: { id, name: id, host: 'peer', status: 'ACTIVE' } });
  const answers = await Promise.all(
    servers.map((id) => nova('POST', `/servers/${id}/os-volume_attachments`, wish(volumeId))),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 9 }, () => 400)]);
  await lab.starter.settle();
  expect(await lab.db.attachment.count({ where: { volumeId } })).toBe(1);
});

test.each([
  ['an unknown volume', () => wish('11111111-2222-3333-4444-555555555555'), 404],
  ['a volume id that is none', () => wish('../../etc/passwd'), 400],
  ['a device with a path in it', () => wish(newId(), { device: '/dev/../sda' }), 400],
  ['an unknown field', () => wish(newId(), { host: 'x' }), 400],
  ['nothing', () => ({}), 400],
  ['null', () => null, 400],
])('%s is refused and changes nothing', async (_what, body, status) => {
  const before = await lab.db.operation.count();
  expect((await nova('POST', attachments, body())).status).toBe(status);
  expect(await lab.db.operation.count()).toBe(before);
});

test('a server in error takes no volume', async () => {
  const volumeId = await lab.makeVolume();
  const broken = await lab.db.server.findFirstOrThrow({ where: { name: 'broken' } });
  expect((await nova('POST', `/servers/${broken.id}/os-volume_attachments`, wish(volumeId))).status).toBe(409);
  expect((await lab.show(volumeId)).status).toBe('available');
});
