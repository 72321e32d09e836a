// /os-quota-sets and /os-quota-class-sets: limits, and what is used of them.
import {
  deleteProjectLimits,
  readClassLimits,
  readLimits,
  readOwnLimits,
  readUsage,
  setClassLimits,
  setProjectLimits,
} from '../../prisma/store/capacity/quotas.ts';
import type { Transaction } from '../../prisma/store/database/transaction.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import type { PolicyTable } from '../http/policy.ts';
import { route } from '../http/route.ts';
import { flagParam } from '../http/query.ts';
import { defaultLimit, quotaNames } from './resources.ts';
import { limitsOf, updateQuotaClassSchema, updateQuotaSchema } from './schema.ts';

const policy = {
  show: 'volume_extension:quotas:show',
  update: 'volume_extension:quotas:update',
  delete: 'volume_extension:quotas:delete',
  showClass: 'volume_extension:quota_classes:get',
  updateClass: 'volume_extension:quota_classes:update',
} as const satisfies PolicyTable;

/** Cinder's column is 255 characters. */
function idOf(context: RequestContext, name: string): string {
  const id = context.params['id'] ?? '';
  const length = Array.from(id).length;
  if (length <= 255) return id;
  throw new ApiError('BadRequest', {
    detail: `Invalid input received: ${name} has ${length} characters, more than 255.`,
  });
}

async function limitsView(
  db: Transaction,
  context: RequestContext,
  limits: ReadonlyMap<string, number>,
): Promise<Record<string, number>> {
  const names = await quotaNames(db);
  return Object.fromEntries(names.map((name) => [name, limits.get(name) ?? defaultLimit(context, name)]));
}

async function usageView(context: RequestContext, projectId: string): Promise<Record<string, object>> {
  const { db } = context;
  const [limits, usage] = await Promise.all([readLimits(db, projectId), readUsage(db, projectId)]);
  const view = await limitsView(db, context, limits);
  return Object.fromEntries(
    // `reserved` is Cinder's reservation rows; a request of ours uses quota when it is accepted, never before.
    Object.entries(view).map(([name, limit]) => [name, { limit, in_use: usage.get(name) ?? 0, reserved: 0 }]),
  );
}

/** A limit below what is used already is refused, for quotas that the project has set before (as Cinder does). */
async function mustCoverUsage(tx: Transaction, projectId: string, limits: ReadonlyMap<string, number>): Promise<void> {
  const [own, usage] = await Promise.all([readOwnLimits(tx, projectId), readUsage(tx, projectId)]);
  for (const [key, limit] of limits) {
    const used = usage.get(key) ?? 0;
    if (limit === -1 || !own.has(key) || limit >= used) continue;
    throw new ApiError('BadRequest', {
      detail:
        `Quota ${key} limit must be equal or greater than existing resources. ` +
        `Current usage is ${used} and the requested limit is ${limit}.`,
    });
  }
}

export const quotaRoutes = [
  route({
    method: 'GET',
    path: '/os-quota-sets/:id',
    policy: policy.show,
    handler: async (context) => {
      const id = idOf(context, 'quota_set_name');
      context.authorize(policy.show, id);
      const quotas = flagParam(context.query, 'usage')
        ? await usageView(context, id)
        : await limitsView(context.db, context, await readLimits(context.db, id));
      return { body: { quota_set: { ...quotas, id } } };
    },
  }),
  route({
    method: 'GET',
    path: '/os-quota-sets/:id/defaults',
    policy: policy.show,
    handler: async (context) => {
      const id = idOf(context, 'quota_set_name');
      context.authorize(policy.show, id);
      const quotas = await limitsView(context.db, context, await readClassLimits(context.db, 'default'));
      return { body: { quota_set: { ...quotas, id } } };
    },
  }),
  route({
    method: 'PUT',
    path: '/os-quota-sets/:id',
    policy: policy.update,
    schema: updateQuotaSchema,
    handler: (context, { quota_set: asked }) =>
      context.inTransaction(async (tx) => {
        const id = idOf(context, 'quota_set_name');
        const limits = limitsOf(asked, await quotaNames(tx));
        await mustCoverUsage(tx, id, limits);
        await setProjectLimits(tx, id, limits);
        return { body: { quota_set: await limitsView(tx, context, await readLimits(tx, id)) } };
      }),
  }),
  route({
    method: 'DELETE',
    path: '/os-quota-sets/:id',
    policy: policy.delete,
    handler: (context) =>
      context.inTransaction(async (tx) => {
        await deleteProjectLimits(tx, idOf(context, 'quota_set_name'));
        return {};
      }),
  }),
  route({
    method: 'GET',
    path: '/os-quota-class-sets/:id',
    policy: policy.showClass,
    handler: async (context) => {
      const id = idOf(context, 'quota_class_name');
      const quotas = await limitsView(context.db, context, await readClassLimits(context.db, id));
      return { body: { quota_class_set: { ...quotas, id } } };
    },
  }),
  route({
    method: 'PUT',
    path: '/os-quota-class-sets/:id',
    policy: policy.updateClass,
    schema: updateQuotaClassSchema,
    handler: (context, { quota_class_set: asked }) =>
      context.inTransaction(async (tx) => {
        const id = idOf(context, 'quota_class_name');
        const names = new Set(await quotaNames(tx));
        const bad = Object.keys(asked).filter((key) => !names.has(key));
        if (bad.length > 0) {
          throw new ApiError('InvalidInput', { reason: `Bad key(s) in quota class set: ${bad.join(', ')}` });
        }
        await setClassLimits(tx, id, new Map(Object.entries(asked)));
        return { body: { quota_class_set: await limitsView(tx, context, await readClassLimits(tx, id)) } };
      }),
  }),
];
