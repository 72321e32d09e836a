// /operations: what runs, what is paused and why; an administrator retries, aborts and skips, one or many.
import type { Operation } from '../../prisma/generated/client.ts';
import { findOperation, listEvents, listOperations } from '../../prisma/store/operations/lists.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { pageOf } from '../http/paging.ts';
import type { PolicyTable } from '../http/policy.ts';
import { route } from '../http/route.ts';
import { orderMany } from './batch.ts';
import { OrderRefusedError, orderKinds, type Order, type OrderKind } from './order.ts';
import { filterOfQuery, manySchema, oneSchema, type BatchBody } from './schema.ts';
import { batchView, eventView, operationView } from './view.ts';

const policy = {
  list: 'operation:get_all',
  show: 'operation:get',
  order: 'operation:order',
  orderMany: 'operation:order_many',
} as const satisfies PolicyTable;

/** A tenant sees its own, an administrator everybody's with `all_tenants=1`. */
const projectOf = (context: RequestContext): string | null =>
  context.isAdmin && context.query['all_tenants'] === '1' ? null : context.projectId;

async function mustFind(context: RequestContext, id: string): Promise<Operation> {
  const operation = await findOperation(context.db, context.isAdmin ? null : context.projectId, id);
  if (!operation) throw new ApiError('NotFound', { detail: `Operation ${id} could not be found.` });
  return operation;
}

async function list(context: RequestContext) {
  const { limit, marker } = pageOf(context.query, context.config.maxLimit);
  const after = marker === null ? null : await mustFind(context, marker);
  const filter = filterOfQuery(context.query);
  const operations = await listOperations(context.db, projectOf(context), filter, { limit, after });
  return { body: { operations: operations.map(operationView) } };
}

async function show(context: RequestContext) {
  const operation = await mustFind(context, context.params['id'] ?? '');
  const events = await listEvents(context.db, operation.id);
  return { body: { operation: { ...operationView(operation), events: events.map(eventView) } } };
}

function orderFrom(context: RequestContext, kind: OrderKind, why: string | null | undefined): Order {
  return { kind, actor: `${context.userId} (API, ${context.requestId})`, reason: why ?? null };
}

async function giveOne(context: RequestContext, order: Order) {
  const operation = await mustFind(context, context.params['id'] ?? '');
  try {
    return { status: 202, body: { result: await context.orders.give(operation, order) } };
  } catch (error) {
    if (error instanceof OrderRefusedError) throw new ApiError('Conflict', { detail: error.message });
    throw error;
  }
}

async function giveMany(context: RequestContext, kind: OrderKind, batch: BatchBody) {
  const page = await orderMany(context.db, context.orders, {
    order: orderFrom(context, kind, batch.reason),
    // Of all projects: who may order many looks after the cloud.
    projectId: null,
    filter: batch.filter,
    dryRun: batch.dry_run,
    limit: batch.limit,
    after: batch.marker == null ? null : await mustFind(context, batch.marker),
  });
  return { status: batch.dry_run ? 200 : 202, body: batchView(page) };
}

const orderRoutes = orderKinds.flatMap((kind) => [
  route({
    method: 'POST',
    path: '/operations/action',
    action: kind,
    policy: policy.orderMany,
    schema: manySchema(kind),
    handler: (context, body) => giveMany(context, kind, body[kind] as BatchBody),
  }),
  route({
    method: 'POST',
    path: '/operations/:id/action',
    action: kind,
    policy: policy.order,
    schema: oneSchema(kind),
    handler: (context, body) => giveOne(context, orderFrom(context, kind, body[kind]?.reason)),
  }),
]);

export const operationRoutes = [
  route({ method: 'GET', path: '/operations', policy: policy.list, handler: list }),
  route({ method: 'GET', path: '/operations/:id', policy: policy.show, handler: show }),
  ...orderRoutes,
];
