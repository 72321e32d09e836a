// GET /types: the types that the caller may use.
import { listTypes, typeExtraSpecColumns } from '../../prisma/store/types/types.ts';
import type { Condition } from '../../prisma/store/database/page-query.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import type { SortColumns } from '../http/paging.ts';
import { isPublicCondition } from '../lists/public-filter.ts';
import { conditionsOf, type FilterRules } from '../lists/filters.ts';
import { answerList } from '../lists/list.ts';
import { isDictionary, literalOf } from '../lists/python-literal.ts';
import { typePolicy } from './policy.ts';
import { isTenantSpec, typeViewWithAccess } from './view.ts';
import { microversions } from '../http/microversion-table.ts';

const sortColumns: SortColumns = {
  id: { column: 'id' },
  name: { column: 'name' },
  description: { column: 'description' },
  is_public: { column: 'isPublic' },
  created_at: { column: 'createdAt' },
  updated_at: { column: 'updatedAt' },
};

const rules: FilterRules = {
  filters: {
    id: { column: 'id' },
    name: { column: 'name' },
    description: { column: 'description' },
    extra_specs: { as: 'entries', columns: typeExtraSpecColumns },
  },
  forEveryone: ['extra_specs'],
};

const generalFiltersSince = microversions.typeFilters;

/** Null: no type can fulfil them, or the caller may not know which do. */
function conditions(context: RequestContext): Condition[] | null {
  const { is_public: _, ...query } = context.query;
  const general = context.atLeast(generalFiltersSince);
  if (!general && !context.isAdmin) return isPublicCondition(context);
  const { extra_specs: specs } = query;
  if (specs !== undefined) {
    const literal = literalOf(specs);
    if (!isDictionary(literal)) throw new ApiError('InvalidInput', { reason: 'extra_specs must be a dictionary' });
    // Who may not read a spec may not find out by looking for it either.
    if (!Object.keys(literal).every(isTenantSpec) && !context.can(typePolicy.showSensitiveSpecs)) return null;
  }
  // What came with 3.31 for other lists came with 3.52 for this one.
  const asked: RequestContext = {
    ...context,
    query,
    microversion: general ? context.microversion : '3.0',
    atLeast: (version) => general && context.atLeast(version),
  };
  const found = conditionsOf(asked, rules);
  return found && [...found, ...isPublicCondition(context)];
}

export function listOfTypes(context: RequestContext): Promise<Answer> {
  return answerList(context, {
    collection: 'volume_types',
    linkName: 'volume_type',
    path: 'types',
    shared: true,
    filters: conditions,
    sortColumns,
    read: (_projectId, page) => listTypes(context.db, context, page),
    view: (rows) => rows.map((type) => typeViewWithAccess(type, context)),
    noSuchMarker: (marker) => new ApiError('VolumeTypeNotFound', { volume_type_id: marker }),
  });
}
