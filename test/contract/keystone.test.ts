// Promises of `auth_strategy = keystone`, with a real Keystone: who a token stands for, and who is refused how.
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ask, passwords, startKeystoneLab, type KeystoneLab } from './support/keystone-lab.ts';

let lab: KeystoneLab;
let url: string;
let asked: readonly string[];
/** Headers of each. */
let demo: { 'X-Auth-Token': string };
let reader: typeof demo;
let stranger: typeof demo;
let admin: typeof demo;
let volumeId: string;

const inProject = (user: string, password: string, project: string) =>
  lab.logIn({ user, password, scope: { project } }).then((token) => ({ 'X-Auth-Token': token }));

/** Keystone revokes by whole seconds, what is issued in the same second included. */
const nextSecond = () => delay(1000 - (Date.now() % 1000));

beforeAll(async () => {
  lab = await startKeystoneLab();
  ({ url, asked } = await lab.serve());
  demo = await inProject('demo', passwords.demo, 'demo');
  reader = await inProject('reader', passwords.reader, 'demo');
  stranger = await inProject('stranger', passwords.demo, 'other');
  admin = await inProject('admin', passwords.admin, 'admin');
  const made = await ask(url, 'POST', '/volumes', demo, { volume: { size: 1, name: 'mine' } });
  if (made.status !== 202) throw new Error(JSON.stringify(made.body));
  volumeId = made.body.volume.id as string;
  await lab.volumes.starter.settle();
}, 300_000);
afterAll(() => lab?.stop());

test('a volume belongs to the project and user that the token is for, with the project in the path and without', async () => {
  const bare = await ask(url, 'GET', `/volumes/${volumeId}`, demo);
  const within = await ask(url, 'GET', `/${lab.projects.demo}/volumes/${volumeId}`, demo);
  expect(bare.body.volume).toMatchObject({ name: 'mine', 'os-vol-tenant-attr:tenant_id': lab.projects.demo });
  expect(within.body.volume.id).toBe(volumeId);
  expect(bare.body.volume).not.toHaveProperty('os-vol-host-attr:host');
  const shownToAdmin = await ask(url, 'GET', `/volumes/${volumeId}`, admin);
  expect(shownToAdmin.body.volume).toHaveProperty('os-vol-host-attr:host');
});

test("a path with another project's id is refused in Cinder's words", async () => {
  const answered = await ask(url, 'GET', `/${lab.projects.other}/volumes`, demo);
  expect(answered).toMatchObject({ status: 400, body: { badRequest: { message: 'Malformed request url' } } });
});

test.each([
  ['no token', {}],
  ['a made-up token', { 'X-Auth-Token': 'nonsense' }],
  ['a token as noauth has them', { 'X-Auth-Token': 'admin:admin' }],
  ['claims instead of a token', { 'X-User-Id': 'admin', 'X-Project-Id': 'admin', 'X-Roles': 'admin' }],
])('%s is answered 401 with the address of Keystone', async (_what, headers) => {
  const answered = await ask(url, 'GET', '/volumes', headers);
  expect(answered).toMatchObject({
    status: 401,
    body: {
      error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' },
    },
  });
  expect(answered.headers.get('www-authenticate')).toBe('Keystone uri="http://keystone.example"');
});

test('a reader reads and changes nothing; a stranger finds nothing', async () => {
  expect((await ask(url, 'GET', '/volumes', reader)).body.volumes).toHaveLength(1);
  const refused = await ask(url, 'DELETE', `/volumes/${volumeId}`, reader);
  expect(refused).toMatchObject({
    status: 403,
    body: { forbidden: { message: "Policy doesn't allow volume:delete to be performed." } },
  });
  expect((await ask(url, 'GET', '/volumes?all_tenants=1', stranger)).body.volumes).toEqual([]);
  expect((await ask(url, 'DELETE', `/volumes/${volumeId}`, stranger)).status).toBe(404);
});

test('an administrator of the whole system sees every project, without one of its own', async () => {
  const token = await lab.logIn({ user: 'admin', password: passwords.admin, scope: 'system' });
  const headers = { 'X-Auth-Token': token };
  expect((await ask(url, 'GET', '/volumes?all_tenants=1', headers)).body.volumes).toHaveLength(1);
  expect((await ask(url, 'GET', `/${lab.projects.demo}/volumes`, headers)).status).toBe(400);
  const made = await ask(url, 'POST', '/volumes', headers, { volume: { size: 1 } });
  expect(made.status).toBe(400);
});

test('Keystone is asked once for a token, also for one that it does not know', async () => {
  const fresh = await inProject('demo', passwords.demo, 'demo');
  const unknown = { 'X-Auth-Token': 'never-heard-of' };
  await Promise.all(Array.from({ length: 10 }, () => ask(url, 'GET', '/volumes', fresh)));
  await Promise.all(Array.from({ length: 10 }, () => ask(url, 'GET', '/volumes', unknown)));
  expect(asked.filter((token) => token === fresh['X-Auth-Token'])).toHaveLength(1);
  expect(asked.filter((token) => token === unknown['X-Auth-Token'])).toHaveLength(1);
});

test('without a cache a revoked token is refused at once', async () => {
  const { url: uncached } = await lab.serve({ cacheMs: null });
  const token = await inProject('demo', passwords.demo, 'demo');
  expect((await ask(uncached, 'GET', '/volumes', token)).status).toBe(200);
  const revoked = await fetch(`${lab.keystoneUrl}/auth/tokens`, {
    method: 'DELETE',
    headers: { 'X-Auth-Token': token['X-Auth-Token'], 'X-Subject-Token': token['X-Auth-Token'] },
  });
  expect(revoked.status).toBe(204);
  expect((await ask(uncached, 'GET', '/volumes', token)).status).toBe(401);
});

test('a remembered token that was revoked is refused when its time in the cache is over', async () => {
  const { url: short } = await lab.serve({ cacheMs: 200 });
  const token = await inProject('demo', passwords.demo, 'demo');
  expect((await ask(short, 'GET', '/volumes', token)).status).toBe(200);
  await fetch(`${lab.keystoneUrl}/auth/tokens`, {
    method: 'DELETE',
    headers: { 'X-Auth-Token': token['X-Auth-Token'], 'X-Subject-Token': token['X-Auth-Token'] },
  });
  await eventually(async () => expect((await ask(short, 'GET', '/volumes', token)).status).toBe(401));
});

test('our own token is renewed when Keystone does not take it any more', async () => {
  const { url: uncached } = await lab.serve({ cacheMs: null });
  expect((await ask(uncached, 'GET', '/volumes', demo)).status).toBe(200);
  const user = await lab.keystone.ensure('user', { name: 'scoria', domain_id: 'default' });
  // Switching a user off revokes its tokens for good, and those of the same second: the first new one is refused too.
  await nextSecond();
  for (const enabled of [false, true]) await lab.keystone.call('PATCH', `/users/${user.id}`, { user: { enabled } });
  expect((await ask(uncached, 'GET', '/volumes', demo)).status).toBe(200);
});

test('a service token has to be one, and then lets a service do what its users may not', async () => {
  await nextSecond();
  const service = await inProject('scoria', passwords.service, 'service');
  const as = (token: string) => ({ ...demo, 'X-Service-Token': token });
  expect((await ask(url, 'GET', '/volumes', as(service['X-Auth-Token']))).status).toBe(200);
  expect((await ask(url, 'GET', '/volumes', as(reader['X-Auth-Token']))).status).toBe(401);
  expect((await ask(url, 'GET', '/volumes', as('nonsense'))).status).toBe(401);
  const { url: lax } = await lab.serve({ serviceTokenRolesRequired: false });
  expect((await ask(lax, 'GET', '/volumes', as(reader['X-Auth-Token']))).status).toBe(200);
});

test('an application credential is good for the requests that its rules allow', async () => {
  const { body } = await credential([{ service: 'block-storage', method: 'GET', path: '/v3/volumes/*' }]);
  const headers = { 'X-Auth-Token': await logInWith(body.id, body.secret) };
  expect((await ask(url, 'GET', '/volumes/detail', headers)).status).toBe(200);
  expect((await ask(url, 'GET', '/snapshots', headers)).status).toBe(401);
  expect((await ask(url, 'POST', '/volumes', headers, { volume: { size: 1 } })).status).toBe(401);
  const { url: nameless } = await lab.serve({ serviceType: null });
  expect((await ask(nameless, 'GET', '/volumes/detail', headers)).status).toBe(401);
});

test('with Keystone away requests are answered 503; with a wrong password of ours too, and neither is remembered', async () => {
  const { url: away } = await lab.serve({ authUrl: 'http://127.0.0.1:9', maxRetries: 0 });
  const answered = await ask(away, 'GET', '/volumes', demo);
  expect(answered).toMatchObject({ status: 503, body: { title: 'Service Unavailable' } });
  const { login } = lab.options;
  if (login.method !== 'password') throw new Error('the lab logs in with a password');
  const wrong = { ...login, user: { ...login.user, password: 'hush-wrong' } };
  const { url: refused } = await lab.serve({ login: wrong });
  expect((await ask(refused, 'GET', '/volumes', demo)).status).toBe(503);
  expect((await ask(url, 'GET', '/volumes', demo)).status).toBe(200);
});

test('no token and no password is in the log', () => {
  const log = lab.volumes.logged.join('\n');
  expect(log).toContain('tokens cannot be checked');
  expect(log).not.toContain('hush-');
  for (const token of lab.tokens) expect(log).not.toContain(token);
});

async function credential(accessRules: readonly object[]): Promise<{ body: { id: string; secret: string } }> {
  const user = await lab.keystone.ensure('user', { name: 'demo', domain_id: 'default' });
  const response = await fetch(`${lab.keystoneUrl}/users/${user.id}/application_credentials`, {
    method: 'POST',
    headers: { ...demo, 'Content-Type': 'application/json' },
    body: JSON.stringify({ application_credential: { name: 'ci', access_rules: accessRules } }),
  });
  const { application_credential: made } = (await response.json()) as {
    application_credential: { id: string; secret: string };
  };
  return { body: made };
}

async function logInWith(id: string, secret: string): Promise<string> {
  const identity = { methods: ['application_credential'], application_credential: { id, secret } };
  const response = await fetch(`${lab.keystoneUrl}/auth/tokens`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ auth: { identity } }),
  });
  return response.headers.get('x-subject-token') ?? '';
}
