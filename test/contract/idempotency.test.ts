// Retried requests are safe: under one Idempotency-Key there is one piece of work and one answer, whatever dies.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { RequestContext } from '../../api/http/context.ts';
import { ApiError } from '../../api/http/errors.ts';
import { route } from '../../api/http/route.ts';
import { volumeQuota } from '../../domain/quota.ts';
import { eventually } from '../support/eventually.ts';
import { startApiLab, type ApiLab } from './support/api-lab.ts';

const project = 'fedcba98765432100123456789abcdef';
const policy = 'versions';
const schema = z.object({ sizeGib: z.number() });

let lab: ApiLab;
let url: string;
/** What the handlers below do next. */
let next: { hang?: boolean; fail?: ApiError | Error } = {};
let handled = 0;

/** Accepts a real create: the volume's row, its operation and its quota in one transaction. */
async function createVolume(context: RequestContext, sizeGib: number) {
  handled += 1;
  const volumeId = context.newId('volume');
  await context.operations.submit({
    kind: 'volumeCreate',
    operationId: context.operationId,
    resourceId: volumeId,
    projectId: context.projectId,
    userId: context.userId,
    requestId: context.requestId,
    input: { sizeGib },
    claims: [{ resource: 'volume', id: volumeId }],
    reads: [],
    quota: volumeQuota(1, sizeGib, null),
    within: async (tx) => {
      const { projectId, userId, operationId } = context;
      const row = { projectId, userId, sizeGib, status: 'creating', availabilityZone: 'nova', operationId };
      await tx.volume.create({ data: { id: volumeId, ...row } });
    },
  });
  if (next.hang) await new Promise(() => undefined);
  if (next.fail) throw next.fail;
  return { status: 202, body: { id: volumeId } };
}

beforeAll(async () => {
  lab = await startApiLab();
  url = await lab.serve([
    route({
      method: 'POST',
      path: '/volumes',
      policy,
      schema,
      handler: (context, { sizeGib }) => createVolume(context, sizeGib),
      again: (_context, operation) => Promise.resolve({ status: 202, body: { id: operation.resourceId } }),
    }),
    route({
      method: 'POST',
      path: '/types',
      policy,
      handler: (context) =>
        context.inTransaction(async (tx) => {
          handled += 1;
          const id = context.newId('type');
          await tx.volumeType.create({ data: { id, name: id } });
          return { body: { id } };
        }),
    }),
  ]);
}, 60_000);
afterAll(() => lab?.stop());

function post(path: string, key: string, body: object, signal?: AbortSignal): Promise<Response> {
  const headers = { 'X-Auth-Token': `admin:${project}`, 'Content-Type': 'application/json', 'Idempotency-Key': key };
  return fetch(`${url}/v3/${project}${path}`, { method: 'POST', headers, body: JSON.stringify(body), signal });
}

async function fresh(): Promise<string> {
  next = {};
  handled = 0;
  await lab.db.quotaUsage.deleteMany();
  await lab.db.operation.deleteMany();
  return randomUUID();
}

const volumesInUse = async (): Promise<number> =>
  Number((await lab.db.quotaUsage.findFirst({ where: { resource: 'volumes' } }))?.inUse ?? 0);

/** As if nobody had answered for longer than any request takes. */
const ageKey = (key: string) =>
  lab.db.idempotencyKey.updateMany({ where: { key }, data: { claimedAt: new Date(Date.now() - 3_600_000) } });

test('a repeated request gets the first answer and does nothing again', async () => {
  const key = await fresh();
  const first = await post('/volumes', key, { sizeGib: 1 });
  const firstBody = await first.text();
  const second = await post('/volumes', key, { sizeGib: 1 });
  expect([second.status, await second.text()]).toEqual([202, firstBody]);
  expect(second.headers.get('idempotency-replayed')).toBe('true');
  expect([handled, await volumesInUse(), await lab.db.operation.count()]).toEqual([1, 1, 1]);
});

test('of fifty at once one does the work; the others are told to wait or get its answer', async () => {
  const key = await fresh();
  const answers = await Promise.all(Array.from({ length: 50 }, () => post('/volumes', key, { sizeGib: 1 })));
  for (const { status, headers } of answers) {
    expect([202, 409]).toContain(status);
    if (status === 409) expect(headers.get('retry-after')).toBe('1');
  }
  expect([handled, await volumesInUse()]).toEqual([1, 1]);
});

test('another body under the same key is refused', async () => {
  const key = await fresh();
  await post('/volumes', key, { sizeGib: 1 });
  expect((await post('/volumes', key, { sizeGib: 2 })).status).toBe(422);
  expect(await volumesInUse()).toBe(1);
});

test('a fault of the client is a first answer as well', async () => {
  const key = await fresh();
  next = { fail: new ApiError('InvalidInput', { reason: 'not today' }) };
  const first = await post('/volumes', key, { sizeGib: 1 });
  next = {};
  const second = await post('/volumes', key, { sizeGib: 1 });
  expect([first.status, second.status, handled]).toEqual([400, 400, 1]);
  expect(await second.json()).toEqual(await first.json());
});

test('when the process dies after the commit, the repeat answers with the same volume', async () => {
  const key = await fresh();
  next = { hang: true };
  const gone = new AbortController();
  const lost = post('/volumes', key, { sizeGib: 1 }, gone.signal).catch(() => null);
  const operation = await eventually(async () => lab.db.operation.findFirstOrThrow());
  gone.abort();
  await lost;
  next = {};
  expect((await post('/volumes', key, { sizeGib: 1 })).status).toBe(409);
  await ageKey(key);
  const repeat = await post('/volumes', key, { sizeGib: 1 });
  expect([repeat.status, await repeat.json()]).toEqual([202, { id: operation.resourceId }]);
  expect([handled, await volumesInUse(), await lab.db.operation.count()]).toEqual([1, 1, 1]);
});

test('an error of ours after the commit does not make a second volume either', async () => {
  const key = await fresh();
  next = { fail: new Error('out of memory') };
  expect((await post('/volumes', key, { sizeGib: 1 })).status).toBe(500);
  next = {};
  const operation = await lab.db.operation.findFirstOrThrow();
  const repeat = await post('/volumes', key, { sizeGib: 1 });
  expect([repeat.status, await repeat.json()]).toEqual([202, { id: operation.resourceId }]);
  expect([handled, await volumesInUse()]).toEqual([1, 1]);
});

test('work without an operation stores its answer in its own transaction', async () => {
  const key = await fresh();
  const first = (await (await post('/types', key, {})).json()) as { id: string };
  expect(await (await post('/types', key, {})).json()).toEqual(first);
  expect(await lab.db.volumeType.count({ where: { id: first.id } })).toBe(1);
  const row = await lab.db.idempotencyKey.findFirstOrThrow({ where: { key } });
  expect(row.statusCode).toBe(200);
  // Sealed, because other answers hold CHAP passwords.
  expect(JSON.stringify(row.body)).not.toContain(first.id);
});

test('after 24 hours the key is a new one', async () => {
  const key = await fresh();
  const first = await (await post('/types', key, {})).json();
  await lab.db.idempotencyKey.updateMany({
    where: { key },
    data: { createdAt: new Date(Date.now() - 25 * 3_600_000) },
  });
  expect(await (await post('/types', key, {})).json()).not.toEqual(first);
});
