// /types/:type_id/extra_specs: what a type asks of its back-end.
import {
  deleteExtraSpec,
  findType,
  isTypeInUse,
  lockType,
  mergeExtraSpecs,
  type ExtraSpecs,
} from '../../prisma/store/types.ts';
import type { Transaction } from '../../prisma/store/transaction.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { route } from '../http/route.ts';
import { typePolicy } from './policy.ts';
import { createSpecsSchema, updateSpecSchema } from './schema.ts';
import { specsView } from './view.ts';

const path = '/types/:type_id/extra_specs';

async function specsOf(context: RequestContext): Promise<ExtraSpecs> {
  const id = context.params['type_id'] ?? '';
  const type = await findType(context.db, context, id);
  if (!type) throw new ApiError('VolumeTypeNotFound', { volume_type_id: id });
  return specsView(type, context);
}

function specNotFound(context: RequestContext, key: string): ApiError {
  return new ApiError('VolumeTypeExtraSpecsNotFound', {
    volume_type_id: context.params['type_id'] ?? '',
    extra_specs_key: key,
  });
}

/** Locks the type for a change of its specs, which a volume of the type forbids. Answers its specs. */
async function lockForChange(tx: Transaction, context: RequestContext): Promise<{ id: string; specs: ExtraSpecs }> {
  const id = context.params['type_id'] ?? '';
  const type = await findType(tx, context, id);
  if (!type || !(await lockType(tx, id))) throw new ApiError('VolumeTypeNotFound', { volume_type_id: id });
  if (await isTypeInUse(tx, id)) throw new ApiError('BadRequest', { detail: 'Volume Type is currently in use.' });
  return { id, specs: type.extraSpecs as ExtraSpecs };
}

const wanted = '<is> True';

/** Image caching and multiattach exclude each other. */
function checkCacheable(before: ExtraSpecs, change: ExtraSpecs): void {
  const after = { ...before, ...change };
  if ('multiattach' in change || 'cacheable' in change) {
    if (after['multiattach'] === wanted && after['cacheable'] === wanted) {
      throw new ApiError('BadRequest', { detail: 'cacheable cannot be set with multiattach.' });
    }
  }
}

export const specRoutes = [
  route({
    method: 'GET',
    path,
    policy: typePolicy.listSpecs,
    handler: async (context) => ({ body: { extra_specs: await specsOf(context) } }),
  }),
  route({
    method: 'GET',
    path: `${path}/:key`,
    policy: typePolicy.showSpec,
    handler: async (context) => {
      const key = context.params['key'] ?? '';
      const specs = await specsOf(context);
      if (!Object.hasOwn(specs, key)) throw specNotFound(context, key);
      return { body: { [key]: specs[key] } };
    },
  }),
  route({
    method: 'POST',
    path,
    policy: typePolicy.createSpecs,
    schema: createSpecsSchema,
    handler: (context, body) =>
      context.inTransaction(async (tx) => {
        const { id, specs } = await lockForChange(tx, context);
        checkCacheable(specs, body.extra_specs);
        await mergeExtraSpecs(tx, id, body.extra_specs);
        return { body };
      }),
  }),
  route({
    method: 'PUT',
    path: `${path}/:key`,
    policy: typePolicy.updateSpec,
    schema: updateSpecSchema,
    handler: (context, body) =>
      context.inTransaction(async (tx) => {
        const { id, specs } = await lockForChange(tx, context);
        if (!Object.hasOwn(body, context.params['key'] ?? '')) {
          throw new ApiError('BadRequest', { detail: 'Request body and URI mismatch' });
        }
        checkCacheable(specs, body);
        await mergeExtraSpecs(tx, id, body);
        return { body };
      }),
  }),
  route({
    method: 'DELETE',
    path: `${path}/:key`,
    policy: typePolicy.deleteSpec,
    handler: (context) =>
      context.inTransaction(async (tx) => {
        const key = context.params['key'] ?? '';
        const { id } = await lockForChange(tx, context);
        if (!(await deleteExtraSpec(tx, id, key))) throw specNotFound(context, key);
        return { status: 202 };
      }),
  }),
];
