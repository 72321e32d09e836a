// `scoria operations`: what runs, what is paused and why; retry and abort, one or all that a query finds.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

export interface OperationsFlags {
  readonly stateDir: string;
  /** `http://host:8776/v3/<project>`; with `token` it replaces the state directory's clouds.yaml. */
  readonly endpoint?: string;
  readonly token?: string;
}

export interface OperationsQuery {
  readonly state?: string;
  readonly kind?: string;
  readonly resource?: string;
}

export interface OrderFlags extends OperationsFlags, OperationsQuery {
  readonly reason?: string;
  /** Needed to order everything a query finds. */
  readonly all?: boolean;
}

const operationSchema = z.object({
  id: z.string(),
  kind: z.string(),
  state: z.string(),
  resource_id: z.string(),
  step: z.string().nullable(),
  bytes_done: z.number().nullable(),
  bytes_total: z.number().nullable(),
  reason: z.string().nullable(),
  workflow_id: z.string(),
  created_at: z.string(),
  events: z
    .array(z.object({ at: z.string(), event: z.string(), actor: z.string(), detail: z.string().nullable() }))
    .optional(),
});

type OperationView = z.infer<typeof operationSchema>;

const pageLimit = 1000;

/** Prints a table, newest first. */
export async function listOperations(flags: OperationsFlags & OperationsQuery): Promise<number> {
  const operations = await find(await connect(flags), flags);
  if (operations.length === 0) console.log('no operations');
  for (const one of operations) {
    console.log(
      [one.id, one.kind.padEnd(18), one.state.padEnd(9), one.resource_id, one.created_at, shortly(one)].join('  '),
    );
  }
  return 0;
}

/** Prints one operation with its history. */
export async function showOperation(id: string, flags: OperationsFlags): Promise<number> {
  const { operation } = z
    .object({ operation: operationSchema })
    .parse(await call(await connect(flags), 'GET', `/operations/${encodeURIComponent(id)}`));
  const { events = [], ...fields } = operation;
  for (const [name, value] of Object.entries(fields)) console.log(`${name.padEnd(12)} ${value ?? '-'}`);
  for (const { at, event, actor, detail } of events)
    console.log(`  ${at}  ${event} by ${actor}${detail ? `: ${detail}` : ''}`);
  return 0;
}

/** Orders the named operations, or with --all every paused one that the query finds. Answers 1 when any refused. */
export async function orderOperations(
  kind: 'retry' | 'abort',
  ids: readonly string[],
  flags: OrderFlags,
): Promise<number> {
  const connection = await connect(flags);
  if (ids.length === 0 && !flags.all) {
    console.error(
      `scoria: name the operations to ${kind}, or give --all (with --kind or --resource) for every paused one`,
    );
    return 2;
  }
  const chosen = ids.length > 0 ? ids : (await find(connection, { state: 'paused', ...flags })).map(({ id }) => id);
  let refused = 0;
  for (const id of chosen) {
    try {
      await call(connection, 'POST', `/operations/${encodeURIComponent(id)}/action`, {
        [kind]: { reason: flags.reason },
      });
      console.log(`${id}  ${kind} accepted`);
    } catch (error) {
      refused += 1;
      console.log(`${id}  ${(error as Error).message}`);
    }
  }
  console.log(`${chosen.length - refused} accepted, ${refused} refused`);
  return refused > 0 ? 1 : 0;
}

interface ApiConnection {
  readonly endpoint: string;
  readonly token: string;
}

async function connect({ endpoint, token, stateDir }: OperationsFlags): Promise<ApiConnection> {
  if (endpoint && token) return { endpoint, token };
  if (endpoint || token) throw new Error('--endpoint and --token belong together: give both, or neither');
  const file = join(stateDir, 'clouds.yaml');
  const text = await readFile(file, 'utf8').catch(() => '');
  const found = {
    endpoint: /^\s+endpoint: (\S+)$/m.exec(text)?.[1],
    token: /^\s+token: "([^"]+)"$/m.exec(text)?.[1],
  };
  if (found.endpoint && found.token) return { endpoint: found.endpoint, token: found.token };
  throw new Error(`no Scoria has been started with ${stateDir}; give --state-dir, or --endpoint and --token`);
}

async function find(connection: ApiConnection, { state, kind, resource }: OperationsQuery): Promise<OperationView[]> {
  const found: OperationView[] = [];
  for (;;) {
    const marker = found.at(-1)?.id;
    const query = new URLSearchParams({
      all_tenants: '1',
      limit: String(pageLimit),
      ...(state ? { state } : {}),
      ...(kind ? { kind } : {}),
      ...(resource ? { resource_id: resource } : {}),
      ...(marker ? { marker } : {}),
    });
    const { operations } = z
      .object({ operations: z.array(operationSchema) })
      .parse(await call(connection, 'GET', `/operations?${query.toString()}`));
    found.push(...operations);
    if (operations.length < pageLimit) return found;
  }
}

async function call({ endpoint, token }: ApiConnection, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${endpoint}${path}`, {
    method,
    headers: { 'X-Auth-Token': token, 'Content-Type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  }).catch((error: Error) => {
    throw new Error(`no API answers at ${endpoint} (${reasonOf(error)}): is Scoria up?`, { cause: error });
  });
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer;
  const fault = Object.values((answer ?? {}) as Record<string, { message?: string }>)[0];
  throw new Error(fault?.message ?? `the API answered ${response.status}`);
}

/** fetch() says only that it failed; why is in its cause. */
function reasonOf(error: Error): string {
  const { cause } = error;
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message;
}

function shortly({ reason, step, bytes_done: done, bytes_total: total }: OperationView): string {
  if (reason) return reason.length > 100 ? `${reason.slice(0, 100)}…` : reason;
  if (total) return `${step ?? ''} ${Math.round(((done ?? 0) / total) * 100)} %`;
  return '';
}
