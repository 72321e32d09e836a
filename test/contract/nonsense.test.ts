// No request, however wrong, is answered with a 5xx, and each refusal is a fault in Cinder's shape: every endpoint is
// tried with every kind of nonsense.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allRoutes } from '../../api/app.ts';
import type { Route } from '../../api/http/route.ts';
import { startApiLab, type ApiLab } from './support/api-lab.ts';

const project = 'fedcba98765432100123456789abcdef';
let lab: ApiLab;
beforeAll(async () => {
  lab = await startApiLab();
}, 60_000);
afterAll(() => lab?.stop());

const unknownId = '11111111-2222-3333-4444-555555555555';
const ids = [unknownId, 'xyz', '..', "';--", '%2e%2e%2f%2e%2e', 'a'.repeat(300), '😀', '%00'];
const queries = [
  '',
  '?limit=abc',
  '?limit=-1',
  '?limit=99999999999999999999',
  '?offset=-1',
  '?offset=9999999999',
  '?marker=xyz',
  `?marker=${unknownId}`,
  '?sort=nope',
  '?sort=id:sideways',
  '?sort_key=id&sort=id',
  '?name=%00',
  "?metadata={'a':",
  "?extra_specs=[1,2]&status='&created_at=gt:yesterday&is_public=maybe&usage=maybe&detail=maybe",
  '?created_at=gt:0000-01-01&updated_at=lt:9999-12-31T23:59:59-10:00',
  '?all_tenants=perhaps&with_count=perhaps&bootable=perhaps&__proto__=1',
];

/** Bodies of every shape; `key` is what the endpoint expects at the top, so that nonsense gets past the first check. */
function bodiesFor(key: string): string[] {
  const values = [
    null,
    5,
    'x',
    [],
    {},
    { name: 5 },
    { name: null, id: {} },
    { name: 'x'.repeat(300), size: 1.5 },
    { a: { b: [1] } },
  ];
  return [
    '',
    '{',
    'null',
    '[]',
    '5',
    '{"a": 1, "b": 2}',
    '{"__proto__": {"x": 1}}',
    ...values.map((value) => JSON.stringify({ [key]: value })),
    JSON.stringify({ [key]: { size: -1, volume_id: 'x', host: '', connector: 'x', project: '', metadata: { '': 1 } } }),
  ];
}

const topKeyOf = ({ action, path }: Route): string => {
  const [, collection = ''] = path.split('/');
  return action ?? bodyKeys[path.split('/').at(-1) ?? ''] ?? bodyKeys[collection] ?? collection.replace(/s$/, '');
};
const bodyKeys: Readonly<Record<string, string>> = {
  types: 'volume_type',
  extra_specs: 'extra_specs',
  metadata: 'metadata',
  'os-quota-sets': 'quota_set',
  'os-quota-class-sets': 'quota_class_set',
};

/** What is wrong with the answer, or nothing. */
async function crashOf(method: string, path: string, body: string | null, version: string): Promise<string[]> {
  const response = await fetch(`${lab.url}/v3/${project}${path}`, {
    method,
    headers: {
      'X-Auth-Token': `admin:${project}`,
      'Content-Type': 'application/json',
      'OpenStack-API-Version': `volume ${version}`,
    },
    body,
  });
  const text = await response.text();
  const isFine = response.status < 400 || (response.status < 500 && isFault(text, response.status));
  return isFine ? [] : [`${method} ${path} ${body}: ${response.status} ${text}`];
}

/** Cinder's shape: one key that names the fault, holding its code and a message for people. */
function isFault(text: string, status: number): boolean {
  const found: unknown = JSON.parse(text);
  if (typeof found !== 'object' || found === null) return false;
  // A path that no route has is refused by Cinder's router, in a shape of its own.
  if ('title' in found && 'code' in found) return found.code === `${status} ${String(found.title)}`;
  const [fault, ...others] = Object.values(found) as { code?: unknown; message?: unknown }[];
  return others.length === 0 && fault?.code === status && typeof fault.message === 'string' && fault.message !== '';
}

const cases = allRoutes.map((route) => ({
  route,
  title: `${route.method} ${route.path} ${route.action ?? ''}`.trim(),
}));

test.each(cases)('$title', { timeout: 60_000 }, async ({ route }) => {
  const version = route.since ?? (route.before ? '3.0' : '3.71');
  const hasParams = route.path.includes(':');
  const crashes: string[] = [];
  for (const id of hasParams ? ids : ['']) {
    const path = route.path.replaceAll(/:\w+/g, id);
    const { method } = route;
    if (method === 'GET')
      for (const query of queries) crashes.push(...(await crashOf(method, path + query, null, version)));
    else if (method === 'DELETE') crashes.push(...(await crashOf(method, path, null, version)));
    else for (const body of bodiesFor(topKeyOf(route))) crashes.push(...(await crashOf(method, path, body, version)));
  }
  expect(crashes).toEqual([]);
});
