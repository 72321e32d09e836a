// Promises about too much at once: requests of one project, and bodies; other projects notice nothing.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { versionRoutes } from '../../api/versions/routes.ts';
import { route } from '../../api/http/route.ts';
import { eventually } from '../support/eventually.ts';
import { startApiLab, type ApiLab } from './support/api-lab.ts';

let lab: ApiLab;
let url: string;
const routes = [
  ...versionRoutes,
  route({ method: 'GET', path: '/volumes', policy: 'versions', handler: () => ({ body: { volumes: [] } }) }),
];

beforeAll(async () => {
  lab = await startApiLab();
  const config = { ...lab.deps.config, rateLimit: { perMinute: 60, burst: 5 } };
  url = await lab.serve(routes, { config });
}, 60_000);
afterAll(() => lab?.stop());

const list = (at: string, project: string) =>
  fetch(`${at}/v3/volumes`, {
    headers: { 'X-Auth-Token': `admin:${project}`, 'OpenStack-API-Version': 'volume 3.71' },
  });

test('a project that asks too often is told when to come back, may then, and keeps nobody else waiting', async () => {
  const statuses: number[] = [];
  let refused = await list(url, 'aaaa');
  for (let asked = 0; asked < 30 && refused.status === 200; asked += 1) {
    statuses.push(refused.status);
    refused = await list(url, 'aaaa');
  }
  expect(statuses.length).toBeGreaterThanOrEqual(5);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBe(1);
  expect(await refused.json()).toEqual({
    overLimit: { code: 429, message: 'This project may make 60 requests a minute; it has made more.' },
  });
  expect((await list(url, 'bbbb')).status).toBe(200);
  await eventually(async () => expect((await list(url, 'aaaa')).status).toBe(200));
});

test('without a limit nobody is refused', async () => {
  const free = await lab.serve(routes);
  const answers = await Promise.all(Array.from({ length: 200 }, () => list(free, 'aaaa')));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
});
