// One order for all operations that a filter finds, a page at a time: the caller goes on with the marker it is given.
import { skipLoss } from '../../domain/skips.ts';
import type { Operation } from '../../prisma/generated/client.ts';
import type { Database } from '../../prisma/store/database/client.ts';
import { countOperations, listOperations, type OperationFilter } from '../../prisma/store/operations/lists.ts';
import { OrderRefusedError, type Order } from './order.ts';
import type { OperationOrders } from './orders.ts';

export interface BatchRequest {
  readonly order: Order;
  readonly projectId: string | null;
  readonly filter: OperationFilter;
  readonly dryRun: boolean;
  readonly limit: number;
  readonly after: Pick<Operation, 'id' | 'createdAt'> | null;
}

export interface BatchOutcome {
  readonly operation: Operation;
  readonly accepted: boolean;
  /** What the operation said, or would be told. */
  readonly message: string;
}

export interface BatchPage {
  /** How many the filter finds now, those of this page included. */
  readonly matched: number;
  readonly outcomes: readonly BatchOutcome[];
  /** Where the next page begins; null after the last. */
  readonly next: Operation | null;
}

/** Each waits for a workflow's answer; more at once would only queue up at the control workers. */
const atOnce = 16;

/** Gives the order to one page of operations, paused ones unless the filter says otherwise. */
export async function orderMany(db: Database, orders: OperationOrders, request: BatchRequest): Promise<BatchPage> {
  const { projectId, limit, after, order, dryRun } = request;
  const filter = { state: 'paused', ...request.filter };
  const matched = await countOperations(db, projectId, filter);
  const operations = await listOperations(db, projectId, filter, { limit, after });
  const outcomes: BatchOutcome[] = [];
  for (let start = 0; start < operations.length; start += atOnce) {
    const some = operations.slice(start, start + atOnce);
    if (dryRun) outcomes.push(...some.map((operation) => foresee(operation, order)));
    else outcomes.push(...(await Promise.all(some.map((operation) => giveOne(orders, operation, order)))));
  }
  return { matched, outcomes, next: operations.length < limit ? null : (operations.at(-1) ?? null) };
}

function foresee(operation: Operation, order: Order): BatchOutcome {
  if (order.kind !== 'skip') return { operation, accepted: true, message: `would be told to ${order.kind}` };
  const loss = skipLoss(operation.pausedStep);
  const step = operation.pausedStep ?? 'no step is known';
  return loss === null
    ? { operation, accepted: false, message: `cannot be left out: ${step}` }
    : { operation, accepted: true, message: `would leave out ${step}. ${loss}` };
}

async function giveOne(orders: OperationOrders, operation: Operation, order: Order): Promise<BatchOutcome> {
  try {
    return { operation, accepted: true, message: await orders.give(operation, order) };
  } catch (error) {
    if (error instanceof OrderRefusedError) return { operation, accepted: false, message: error.message };
    throw error;
  }
}
