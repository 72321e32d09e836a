// /operations: what runs, what is paused and why; an administrator retries and aborts.
import { z } from 'zod';
import type { Operation } from '../../prisma/generated/client.ts';
import { findOperation, listEvents, listOperations } from '../../prisma/store/operation-lists.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { pageOf } from '../http/paging.ts';
import type { PolicyTable } from '../http/policy.ts';
import { route } from '../http/route.ts';
import { OrderRefusedError, type OrderKind } from './order.ts';
import { eventView, operationView } from './view.ts';

const policy = {
  list: 'operation:get_all',
  show: 'operation:get',
  order: 'operation:order',
} as const satisfies PolicyTable;

const reason = z.string().max(255).nullish();

/** A tenant sees its own, an administrator everybody's with `all_tenants=1`. */
const projectOf = (context: RequestContext): string | null =>
  context.isAdmin && context.query['all_tenants'] === '1' ? null : context.projectId;

async function mustFind(context: RequestContext, id: string): Promise<Operation> {
  const operation = await findOperation(context.db, context.isAdmin ? null : context.projectId, id);
  if (!operation) throw new ApiError('NotFound', { detail: `Operation ${id} could not be found.` });
  return operation;
}

async function list(context: RequestContext) {
  const { state, kind, resource_id: resourceId } = context.query;
  const { limit, marker } = pageOf(context.query, context.config.maxLimit);
  const after = marker === null ? null : await mustFind(context, marker);
  const filter = { state, kind, resourceId };
  const operations = await listOperations(context.db, projectOf(context), filter, { limit, after });
  return { body: { operations: operations.map(operationView) } };
}

async function show(context: RequestContext) {
  const operation = await mustFind(context, context.params['id'] ?? '');
  const events = await listEvents(context.db, operation.id);
  return { body: { operation: { ...operationView(operation), events: events.map(eventView) } } };
}

async function give(context: RequestContext, kind: OrderKind, why: string | null | undefined) {
  const operation = await mustFind(context, context.params['id'] ?? '');
  const actor = `${context.userId} (API, ${context.requestId})`;
  try {
    const said = await context.orders.give(operation, { kind, actor, reason: why ?? null });
    return { status: 202, body: { result: said } };
  } catch (error) {
    if (error instanceof OrderRefusedError) throw new ApiError('Conflict', { detail: error.message });
    throw error;
  }
}

export const operationRoutes = [
  route({ method: 'GET', path: '/operations', policy: policy.list, handler: list }),
  route({ method: 'GET', path: '/operations/:id', policy: policy.show, handler: show }),
  route({
    method: 'POST',
    path: '/operations/:id/action',
    action: 'retry',
    policy: policy.order,
    schema: z.object({ retry: z.object({ reason }).nullish() }),
    handler: (context, body) => give(context, 'retry', body.retry?.reason),
  }),
  route({
    method: 'POST',
    path: '/operations/:id/action',
    action: 'abort',
    policy: policy.order,
    schema: z.object({ abort: z.object({ reason }).nullish() }),
    handler: (context, body) => give(context, 'abort', body.abort?.reason),
  }),
];
