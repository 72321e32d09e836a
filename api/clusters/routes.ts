// /clusters (3.7): Cinder's active-active clusters of volume services. Here each back-end has one queue that any worker
// of its host may serve, so there are none: lists are empty and every name is unknown.
import { z } from 'zod';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { requiredName, text } from '../http/fields.ts';
import type { PolicyTable } from '../http/policy.ts';
import { flagParam } from '../http/query.ts';
import { pyRepr } from '../http/python.ts';
import { route, type Route } from '../http/route.ts';
import { volumeBinary } from '../services/view.ts';
import { microversions } from '../http/microversion-table.ts';

const policy = {
  list: 'clusters:get_all',
  show: 'clusters:get',
  update: 'clusters:update',
} as const satisfies PolicyTable;

const since = microversions.clusters;
const filters: readonly string[] = ['name', 'binary', 'is_up', 'disabled', 'num_hosts', 'num_down_hosts'];
const replicationFilters: readonly string[] = ['replication_status', 'frozen', 'active_backend_id'];

const nullableText = text({ max: 255 }).nullable().optional();
const enableSchema = z.strictObject({ name: requiredName(), binary: nullableText });
const disableSchema = z.strictObject({ name: requiredName(), binary: nullableText, disabled_reason: nullableText });

function list({ query, atLeast }: RequestContext): Answer {
  const known = atLeast(microversions.clusterReplication) ? [...filters, ...replicationFilters] : filters;
  const unknown = Object.keys(query).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new ApiError('InvalidInput', { reason: `Invalid filter keys: ${unknown.join(', ')}` });
  }
  for (const name of ['disabled', 'is_up']) flagParam(query, name);
  return { body: { clusters: [] } };
}

/** Cinder says what it has looked for as Python shows it. */
function notFound(name: string, binary?: string | null): never {
  throw new ApiError('ClusterNotFound', { id: pyRepr({ binary: binary ?? volumeBinary, name }) });
}

export const clusterRoutes: readonly Route[] = [
  route({ method: 'GET', path: '/clusters', since, policy: policy.list, handler: list }),
  route({ method: 'GET', path: '/clusters/detail', since, policy: policy.list, handler: list }),
  route({
    method: 'GET',
    path: '/clusters/:name',
    since,
    policy: policy.show,
    handler: ({ params }) => notFound(params['name'] ?? ''),
  }),
  route({
    method: 'PUT',
    path: '/clusters/enable',
    since,
    policy: policy.update,
    schema: enableSchema,
    handler: (_context, { name, binary }) => notFound(name, binary),
  }),
  route({
    method: 'PUT',
    path: '/clusters/disable',
    since,
    policy: policy.update,
    schema: disableSchema,
    handler: (_context, { name, binary }) => notFound(name, binary),
  }),
];
