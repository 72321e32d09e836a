// What every request meets before its resource: versions, microversions, projects, bodies and faults are Cinder's.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { ApiError } from '../../api/http/errors.ts';
import { sizeGib } from '../../api/http/fields.ts';
import { route } from '../../api/http/route.ts';
import { versionRoutes } from '../../api/versions/routes.ts';
import { createDatabase } from '../../prisma/store/database/client.ts';
import { pingDatabase } from '../../prisma/store/database/health.ts';
import { startApiLab, type ApiLab } from './support/api-lab.ts';
import { readRecordings, Replayer } from '../support/golden.ts';

const project = 'fedcba98765432100123456789abcdef';
const headers = { 'X-Auth-Token': `admin:${project}` };
const policy = 'versions';

let lab: ApiLab;
let url: string;

beforeAll(async () => {
  lab = await startApiLab();
  url = await lab.serve([
    ...versionRoutes,
    route({ method: 'GET', path: '/volumes', policy, handler: () => ({ body: { volumes: [] } }) }),
    route({
      method: 'POST',
      path: '/volumes',
      policy,
      schema: z.object({ volume: z.object({ size: sizeGib() }) }),
      handler: (_context, body) => ({ status: 202, body }),
    }),
    route({
      method: 'POST',
      path: '/volumes/:id/action',
      action: 'os-extend',
      since: '3.42',
      policy,
      handler: () => ({ status: 202 }),
    }),
    route({
      method: 'GET',
      path: '/volumes/:id',
      policy,
      handler: ({ params }) => {
        if (params['id'] === 'boom') throw new Error('the database password is hunter2');
        return { body: { params } };
      },
    }),
    route({
      method: 'DELETE',
      path: '/volumes/:id',
      policy: 'volume:delete',
      handler: ({ params }) => {
        throw new ApiError('VolumeNotFound', { volume_id: params['id'] ?? '' });
      },
    }),
  ]);
}, 60_000);
afterAll(() => lab?.stop());

const recordings = await readRecordings([2, 15], [21, 28], [30, 31]);
test.each(recordings.filter(({ file }) => !file.startsWith('005')))(
  '$file is answered as Cinder does',
  async (recording) => {
    expect(await new Replayer(url).replay(recording)).toEqual([]);
  },
);

test.each(await readRecordings([1, 1], [5, 5]))('$file is answered as Cinder does', async (recording) => {
  expect(await new Replayer(lab.url).replay(recording)).toEqual([]);
});

const send = (path: string, init: RequestInit = {}, base = url): Promise<Response> =>
  fetch(`${base}/v3/${project}${path}`, { ...init, headers: { ...headers, ...(init.headers as object) } });

const faultOf = async (response: Response) => ({ status: response.status, body: await response.json() });
const badRequest = (message: string) => ({ status: 400, body: { badRequest: { code: 400, message } } });
const json = { 'Content-Type': 'application/json' };

test('an empty body, a null and a list are refused, not a crash', async () => {
  for (const [body, shown] of [
    ['', 'None'],
    ['null', 'None'],
    ['[]', '[]'],
    ['"x"', "'x'"],
  ] as const) {
    const answer = await faultOf(await send('/volumes', { method: 'POST', body, headers: json }));
    expect(answer).toEqual(badRequest(`${shown} is not of type 'object'`));
  }
});

test('text that the database cannot hold, and absurd depth, are refused', async () => {
  const undecodable = badRequest(
    'Error decoding your request. Either the URL or the request body contained characters that could not be decoded by Cinder.',
  );
  for (const body of ['{"volume": {"name": "a\\u0000b"}}', '{"volume": {"\\ud800": 1}}']) {
    expect(await faultOf(await send('/volumes', { method: 'POST', body, headers: json }))).toEqual(undecodable);
  }
  const invalid = new Uint8Array([0x22, 0xff, 0xfe, 0x22]);
  expect(await faultOf(await send('/volumes', { method: 'POST', body: invalid, headers: json }))).toEqual(undecodable);
  expect(await faultOf(await send('/volumes/%00'))).toEqual(undecodable);
  expect(await faultOf(await send('/volumes/%zz'))).toEqual(undecodable);
  expect(await faultOf(await send('/volumes/x?name=%00'))).toEqual(undecodable);
  const deep = '['.repeat(50_000) + ']'.repeat(50_000);
  expect(await faultOf(await send('/volumes', { method: 'POST', body: deep, headers: json }))).toEqual(
    badRequest('Malformed request body'),
  );
});

test('an action is found by the one key of its body, then by its microversion', async () => {
  const act = (body: string, version = 'volume 3.42') =>
    send('/volumes/x/action', { method: 'POST', body, headers: { ...json, 'OpenStack-API-Version': version } });
  expect((await act('{"os-extend": {}}')).status).toBe(202);
  expect((await act('{"os-extend": {}}', 'volume 3.41')).status).toBe(404);
  expect(await faultOf(await act('{"os-nope": {}}'))).toEqual(
    badRequest('There is no such action: os-nope. Verify the request body and Content-Type header and try again.'),
  );
  for (const body of ['{}', '[]', 'null', '{"a": 1, "b": 2}']) {
    expect(await faultOf(await act(body))).toEqual(badRequest('Malformed request body'));
  }
});

test('a HEAD is a GET without its body, and a path that ends in a slash names nothing', async () => {
  const head = await send('/volumes', { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '14', '']);
  expect((await send('/volumes/')).status).toBe(404);
});

test('an unforeseen error tells the client nothing and the log everything', async () => {
  const response = await send('/volumes/boom');
  expect(await response.clone().text()).not.toContain('hunter2');
  expect(response.status).toBe(500);
  const requestId = response.headers.get('x-openstack-request-id') ?? '';
  expect(lab.logged.some((line) => line.includes(requestId) && line.includes('hunter2'))).toBe(true);
});

test('the log has a line for a request, with its ids and without its token', async () => {
  const global = 'req-11111111-2222-3333-4444-555555555555';
  const response = await send('/volumes', { headers: { 'X-OpenStack-Request-ID': global } });
  await response.text();
  const requestId = response.headers.get('x-openstack-request-id') ?? '';
  expect(requestId).not.toBe(global);
  const line = lab.logged.find((entry) => entry.includes(requestId) && entry.includes('"status":200'));
  expect(line).toContain(global);
  expect(line).not.toContain(`admin:${project}`);
});

test('a client without a token finds the version document at /v3, as keystoneauth looks for it', async () => {
  const response = await fetch(`${lab.url}/v3`);
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ versions: [{ id: 'v3.0', min_version: '3.0', version: '3.71' }] });
});

test('a request that finds no database is told to come back, and hears nothing of the reason', async () => {
  const db = createDatabase('postgresql://nobody:nothing@127.0.0.1:1/none');
  const away = await lab.serve([
    route({ method: 'GET', path: '/volumes', policy, handler: async () => ({ body: await pingDatabase(db) }) }),
  ]);
  const response = await fetch(`${away}/v3/${project}/volumes`, { headers });
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('2');
  expect(await response.text()).not.toContain('nobody');
  await db.$disconnect();
});
