// `scoria operations list` and `show`: what runs, what is paused and why.
import { z } from 'zod';
import { call, connect, type ApiConnection, type ApiFlags } from './api-client.ts';

export interface OperationsQuery {
  readonly state?: string;
  readonly kind?: string;
  readonly resource?: string;
  readonly backend?: string;
  readonly cause?: string;
  /** Seconds. */
  readonly olderThan?: number;
}

const pausedSchema = z.object({
  cause: z.string().nullable(),
  since: z.string().nullable(),
  host: z.string().nullable(),
  step: z.string().nullable(),
  can_be_skipped: z.object({ lost: z.string() }).nullable(),
  runbook: z.string(),
});

const operationSchema = z.object({
  id: z.string(),
  kind: z.string(),
  state: z.string(),
  resource_id: z.string(),
  step: z.string().nullable(),
  bytes_done: z.number().nullable(),
  bytes_total: z.number().nullable(),
  reason: z.string().nullable(),
  waiting_for: z.array(z.string()),
  paused: pausedSchema.nullable(),
  skipped_steps: z.array(z.string()),
  workflow_id: z.string(),
  created_at: z.string(),
  events: z
    .array(z.object({ at: z.string(), event: z.string(), actor: z.string(), detail: z.string().nullable() }))
    .optional(),
});

type OperationView = z.infer<typeof operationSchema>;

const pageLimit = 1000;

/** The query as the API's filters name it. */
export function filterOf({ resource, olderThan, ...query }: OperationsQuery): Record<string, string | number> {
  const { state, kind, backend, cause } = query;
  return {
    ...(state ? { state } : {}),
    ...(kind ? { kind } : {}),
    ...(backend ? { backend } : {}),
    ...(cause ? { cause } : {}),
    ...(resource ? { resource_id: resource } : {}),
    ...(olderThan === undefined ? {} : { older_than_s: olderThan }),
  };
}

/** Prints a table, newest first, a page at a time. */
export async function listOperations(flags: ApiFlags & OperationsQuery): Promise<number> {
  const connection = await connect(flags);
  let count = 0;
  for await (const one of find(connection, flags)) {
    count += 1;
    console.log(
      [one.id, one.kind.padEnd(18), one.state.padEnd(9), one.resource_id, one.created_at, shortly(one)].join('  '),
    );
  }
  if (count === 0) console.log('no operations');
  return 0;
}

/** Prints one operation with its history. */
export async function showOperation(id: string, flags: ApiFlags): Promise<number> {
  const { operation } = z
    .object({ operation: operationSchema })
    .parse(await call(await connect(flags), 'GET', `/operations/${encodeURIComponent(id)}`));
  const { events = [], paused, skipped_steps: skipped, waiting_for: waiting, ...fields } = operation;
  const line = (name: string, value: string | number | null): void => console.log(`${name.padEnd(12)} ${value ?? '-'}`);
  for (const [name, value] of Object.entries(fields)) line(name, value);
  for (const host of waiting) line('waits for', `back-end ${host}, see docs/runbooks/backend-paused.md`);
  for (const step of skipped) line('left out', step);
  if (paused !== null) {
    line('paused', `since ${paused.since ?? '?'}${paused.host === null ? '' : ` on ${paused.host}`}`);
    line('cause', `${paused.cause ?? '?'}, see ${paused.runbook}`);
    if (paused.can_be_skipped !== null) {
      line('can skip', `${paused.step} (scoria operations skip ${operation.id} --reason "…")`);
      line('', `What is lost by it: ${paused.can_be_skipped.lost}`);
    }
  }
  for (const { at, event, actor, detail } of events)
    console.log(`  ${at}  ${event} by ${actor}${detail ? `: ${detail}` : ''}`);
  return 0;
}

async function* find(connection: ApiConnection, query: OperationsQuery): AsyncGenerator<OperationView> {
  const filter = Object.entries(filterOf(query)).map(([name, value]) => [name, String(value)]);
  for (let marker: string | undefined; ;) {
    const search = new URLSearchParams([
      ['all_tenants', '1'],
      ['limit', String(pageLimit)],
      ...filter,
      ...(marker === undefined ? [] : [['marker', marker]]),
    ] as [string, string][]);
    const { operations } = z
      .object({ operations: z.array(operationSchema) })
      .parse(await call(connection, 'GET', `/operations?${search.toString()}`));
    yield* operations;
    marker = operations.at(-1)?.id;
    if (marker === undefined || operations.length < pageLimit) return;
  }
}

function shortly({ reason, step, bytes_done: done, bytes_total: total }: OperationView): string {
  if (reason) return reason.length > 100 ? `${reason.slice(0, 100)}…` : reason;
  if (total) return `${step ?? ''} ${Math.round(((done ?? 0) / total) * 100)} %`;
  return '';
}
