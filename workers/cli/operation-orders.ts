// `scoria operations retry|abort|skip`: the named ones, or all that a query finds, which are shown first.
import { z } from 'zod';
import { call, connect, type ApiConnection, type ApiFlags } from './api-client.ts';
import { filterOf, type OperationsQuery } from './operations.ts';

export type OrderKind = 'retry' | 'abort' | 'skip';

export interface OrderFlags extends ApiFlags, OperationsQuery {
  readonly reason?: string;
  /** Every paused operation: needed where no other choice is given. */
  readonly all?: boolean;
  /** Without it a query only shows what would be done. */
  readonly yes?: boolean;
}

const pageSchema = z.object({
  matched: z.number(),
  results: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      reason: z.string().nullable(),
      accepted: z.boolean(),
      message: z.string(),
    }),
  ),
  next_marker: z.string().nullable(),
});

type Result = z.infer<typeof pageSchema>['results'][number];

/** Orders the named operations or those that the query finds. Answers 1 when any refused, 2 when nothing was chosen. */
export async function orderOperations(kind: OrderKind, ids: readonly string[], flags: OrderFlags): Promise<number> {
  const connection = await connect(flags);
  if (ids.length > 0) return orderNamed(connection, kind, ids, flags.reason);
  const filter = filterOf(flags);
  if (Object.keys(filter).length === 0 && !flags.all) {
    console.error(
      `scoria: name the operations to ${kind}, or say which (--type, --backend, --cause, --older-than, --resource), or --all for every paused one`,
    );
    return 2;
  }
  if (!flags.reason) {
    console.error('scoria: several operations need a --reason: it goes into the history of each');
    return 2;
  }
  const request = { filter, reason: flags.reason };
  return flags.yes ? orderFound(connection, kind, request) : foresee(connection, kind, request);
}

async function orderNamed(
  connection: ApiConnection,
  kind: OrderKind,
  ids: readonly string[],
  reason: string | undefined,
): Promise<number> {
  let refused = 0;
  for (const id of ids) {
    try {
      await call(connection, 'POST', `/operations/${encodeURIComponent(id)}/action`, { [kind]: { reason } });
      console.log(`${id}  ${kind} accepted`);
    } catch (error) {
      refused += 1;
      console.log(`${id}  ${(error as Error).message}`);
    }
  }
  console.log(`${ids.length - refused} accepted, ${refused} refused`);
  return refused > 0 ? 1 : 0;
}

interface BatchRequest {
  readonly filter: object;
  readonly reason: string;
}

/** The pages of a batch, one after the other: each call looks at operations that no call before it has. */
async function* pages(connection: ApiConnection, kind: OrderKind, request: BatchRequest & { dry_run: boolean }) {
  for (let marker: string | null = null; ;) {
    const body = { [kind]: { ...request, marker } };
    const page = pageSchema.parse(await call(connection, 'POST', '/operations/action', body));
    yield page;
    if (page.next_marker === null) return;
    marker = page.next_marker;
  }
}

async function foresee(connection: ApiConnection, kind: OrderKind, request: BatchRequest): Promise<number> {
  let count = 0;
  for await (const { results } of pages(connection, kind, { ...request, dry_run: true })) {
    for (const result of results) console.log(`${result.id}  ${result.kind.padEnd(18)}  ${wouldBe(result)}`);
    count += results.length;
  }
  console.log(count === 0 ? 'none found' : `${count} found; nothing has been done. Add --yes to ${kind} them.`);
  return 0;
}

const wouldBe = ({ message, reason }: Result): string => (reason === null ? message : `${message}: ${shorten(reason)}`);

async function orderFound(connection: ApiConnection, kind: OrderKind, request: BatchRequest): Promise<number> {
  let [done, accepted, total] = [0, 0, 0];
  for await (const { matched, results } of pages(connection, kind, { ...request, dry_run: false })) {
    total = Math.max(total, matched);
    done += results.length;
    accepted += results.filter((result) => result.accepted).length;
    for (const { id, message } of results.filter((result) => !result.accepted)) console.log(`${id}  ${message}`);
    console.log(`${done} of ${Math.max(total, done)}: ${accepted} accepted, ${done - accepted} refused`);
  }
  return accepted < done ? 1 : 0;
}

const shorten = (text: string): string => (text.length > 100 ? `${text.slice(0, 100)}…` : text);
