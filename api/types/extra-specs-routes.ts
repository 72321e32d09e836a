// /types/:type_id/extra_specs: what a type asks of its back-end.
import type { Entries } from '../../prisma/store/database/json-entries.ts';
import { isTypeInUse } from '../../prisma/store/types/types.ts';
import type { Transaction } from '../../prisma/store/database/transaction.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { specRoutes } from '../lists/spec-routes.ts';
import { mustFindType, mustLockType } from './lookup.ts';
import { typePolicy } from './policy.ts';
import { specsView } from './view.ts';

const idOf = ({ params }: RequestContext): string => params['type_id'] ?? '';

/** Locks the type for a change of its specs, which a volume of the type forbids. */
async function lockForChange(tx: Transaction, context: RequestContext): Promise<{ id: string; specs: Entries }> {
  const { id, extraSpecs } = await mustLockType(tx, context, idOf(context));
  if (await isTypeInUse(tx, id)) throw new ApiError('BadRequest', { detail: 'Volume Type is currently in use.' });
  return { id, specs: extraSpecs as Entries };
}

const wanted = '<is> True';

/** Image caching and multiattach exclude each other. */
function checkCacheable(before: Entries, change: Entries): void {
  const after = { ...before, ...change };
  if ('multiattach' in change || 'cacheable' in change) {
    if (after['multiattach'] === wanted && after['cacheable'] === wanted) {
      throw new ApiError('BadRequest', { detail: 'cacheable cannot be set with multiattach.' });
    }
  }
}

export const extraSpecRoutes = specRoutes({
  path: '/types/:type_id/extra_specs',
  name: 'extra_specs',
  policies: {
    list: typePolicy.listSpecs,
    show: typePolicy.showSpec,
    create: typePolicy.createSpecs,
    update: typePolicy.updateSpec,
    delete: typePolicy.deleteSpec,
  },
  createdStatus: 200,
  deleted: { status: 202 },
  entries: 'typeExtraSpecs',
  read: async (context) => specsView(await mustFindType(context.db, context, idOf(context)), context),
  lock: lockForChange,
  check: checkCacheable,
  notFound: (context, key) =>
    new ApiError('VolumeTypeExtraSpecsNotFound', { volume_type_id: idOf(context), extra_specs_key: key }),
});
