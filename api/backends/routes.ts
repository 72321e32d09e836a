// /backends: which back-ends there are; an administrator pauses one in an incident, and releases it.
import { listBackends, pauseBackend, releaseBackend, type PauseOrder } from '../../prisma/store/backends/pauses.ts';
import type { Transaction } from '../../prisma/store/database/transaction.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import type { PolicyTable } from '../http/policy.ts';
import { route } from '../http/route.ts';
import { pauseSchema, releaseSchema } from './schema.ts';
import { backendView } from './view.ts';

const policy = {
  list: 'backend:get_all',
  pause: 'backend:pause',
  release: 'backend:release',
} as const satisfies PolicyTable;

const hostOf = ({ params }: RequestContext): string => params['host'] ?? '';

async function mustFind(context: RequestContext, db: Transaction) {
  const [backend] = await listBackends(db, hostOf(context));
  if (!backend) throw new ApiError('NotFound', { detail: `Back-end ${hostOf(context)} could not be found.` });
  return { body: { backend: backendView(backend, context.config.serviceDownTimeS) } };
}

const orderOf = ({ userId, requestId }: RequestContext, reason: string): PauseOrder => ({
  actor: `${userId} (API, ${requestId})`,
  reason,
});

function pause(context: RequestContext, reason: string): Promise<Answer> {
  return context.inTransaction(async (tx) => {
    await pauseBackend(tx, hostOf(context), orderOf(context, reason));
    const found = await mustFind(context, tx);
    context.log.warn({ backend: hostOf(context), reason }, 'back-end paused');
    return found;
  });
}

function release(context: RequestContext, reason: string, overS: number | null | undefined): Promise<Answer> {
  return context.inTransaction(async (tx) => {
    const overMs = (overS ?? context.config.backendReleaseOverS) * 1000;
    const released = await releaseBackend(tx, hostOf(context), { ...orderOf(context, reason), overMs });
    const found = await mustFind(context, tx);
    if (!released) throw new ApiError('Conflict', { detail: `Back-end ${hostOf(context)} is not paused.` });
    context.log.warn({ backend: hostOf(context), reason, overMs }, 'back-end released');
    return found;
  });
}

export const backendRoutes = [
  route({
    method: 'GET',
    path: '/backends',
    policy: policy.list,
    handler: async (context) => {
      const backends = await listBackends(context.db);
      return { body: { backends: backends.map((one) => backendView(one, context.config.serviceDownTimeS)) } };
    },
  }),
  route({
    method: 'GET',
    path: '/backends/:host',
    policy: policy.list,
    handler: (context) => mustFind(context, context.db),
  }),
  route({
    method: 'POST',
    path: '/backends/:host/action',
    action: 'pause',
    policy: policy.pause,
    schema: pauseSchema,
    handler: (context, body) => pause(context, body.pause.reason),
  }),
  route({
    method: 'POST',
    path: '/backends/:host/action',
    action: 'release',
    policy: policy.release,
    schema: releaseSchema,
    handler: (context, body) => release(context, body.release.reason, body.release.over_s),
  }),
];
