// /types: volume types.
import {
  createType,
  deleteType,
  findType,
  findTypeByName,
  isTypeInUse,
  listTypes,
  lockType,
  TypeNameTakenError,
  updateType,
  type VolumeType,
} from '../../prisma/store/types.ts';
import type { Transaction } from '../../prisma/store/transaction.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { nextPage } from '../http/links.ts';
import { afterMarker, orderByOf, pageOf, sortOf } from '../http/paging.ts';
import { pyStr } from '../http/python.ts';
import { route } from '../http/route.ts';
import { emptyAccepted } from '../lists/empty-answer.ts';
import { isDictionary, literalOf } from '../lists/python-literal.ts';
import { accessRoutes } from './access-routes.ts';
import { specRoutes } from './extra-specs-routes.ts';
import { typePolicy } from './policy.ts';
import { createTypeSchema, updateTypeSchema } from './schema.ts';
import { changedTypeView, isTenantSpec, typeView, typeViewWithAccess } from './view.ts';

const sortColumns = {
  id: { column: 'id' },
  name: { column: 'name' },
  description: { column: 'description', nullable: true },
  is_public: { column: 'isPublic' },
  created_at: { column: 'createdAt' },
  updated_at: { column: 'updatedAt', nullable: true },
} as const;

/** The type with this id. Throws VolumeTypeNotFound. */
export async function mustFindType(db: Transaction, context: RequestContext, id: string): Promise<VolumeType> {
  const type = await findType(db, context, id);
  if (!type) throw new ApiError('VolumeTypeNotFound', { volume_type_id: id });
  return type;
}

/** The configured default type. Throws NotFound when it does not exist. */
async function mustFindDefault(context: RequestContext): Promise<VolumeType> {
  const type = await findTypeByName(context.db, context, context.config.defaultVolumeType);
  if (!type) throw new ApiError('NotFound', { detail: 'Default volume type can not be found.' });
  return type;
}

const trueWords = ['1', 't', 'true', 'on', 'y', 'yes'];
const falseWords = ['0', 'f', 'false', 'off', 'n', 'no'];

/** `is_public`: true where it is not given, null (both) for "none". Tenants see no private types but their own. */
function isPublicOf({ query, isAdmin }: RequestContext): boolean | null {
  const text = query['is_public'];
  if (!isAdmin || text === undefined) return true;
  const word = text.trim().toLowerCase();
  if (word === 'none') return null;
  if (trueWords.includes(word)) return true;
  if (falseWords.includes(word)) return false;
  throw new ApiError('BadRequest', { detail: `Invalid is_public filter [${text}]` });
}

/** The `extra_specs={'key': 'value'}` filter (3.52). */
function extraSpecsOf(context: RequestContext): Record<string, string> {
  const text = context.query['extra_specs'];
  if (!context.atLeast('3.52') || text === undefined) return {};
  const literal = literalOf(text);
  if (!isDictionary(literal)) throw new ApiError('InvalidInput', { reason: 'extra_specs must be a dictionary' });
  return Object.fromEntries(Object.entries(literal).map(([key, value]) => [key, pyStr(value)]));
}

async function list(context: RequestContext) {
  const { db, query, config } = context;
  const page = pageOf(query, config.maxLimit);
  const sort = sortOf(query, sortColumns);
  const marker = page.marker === null ? null : await mustFindType(db, context, page.marker);
  const extraSpecs = extraSpecsOf(context);
  // Who may not read a spec may not find out by looking for it either.
  const mayAsk = context.can(typePolicy.showSensitiveSpecs) || Object.keys(extraSpecs).every(isTenantSpec);
  if (!mayAsk) return { body: { volume_types: [] } };
  const rows = await listTypes(
    db,
    context,
    {
      isPublic: isPublicOf(context),
      extraSpecs,
      name: query['name'],
      description: query['description'],
    },
    {
      orderBy: orderByOf(sort),
      after: marker && afterMarker(sort, { ...marker }),
      limit: page.limit,
      offset: page.offset,
    },
  );
  const types = rows.map((type) => typeViewWithAccess(type, context));
  return { body: { volume_types: types, ...nextPage(context, 'volume_type', 'types', rows) } };
}

/** Makes the name's fault out of what the store throws. */
function nameTaken(name: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof TypeNameTakenError ? new ApiError('VolumeTypeExists', { id: name }) : error;
  };
}

export const typeRoutes = [
  route({ method: 'GET', path: '/types', policy: typePolicy.list, handler: list }),
  route({
    method: 'GET',
    path: '/types/default',
    policy: typePolicy.show,
    handler: async (context) => ({ body: { volume_type: typeView(await mustFindDefault(context), context) } }),
  }),
  route({
    method: 'GET',
    path: '/types/:id',
    policy: typePolicy.show,
    handler: async (context) => {
      const type = await mustFindType(context.db, context, context.params['id'] ?? '');
      return { body: { volume_type: typeViewWithAccess(type, context) } };
    },
  }),
  route({
    method: 'POST',
    path: '/types',
    policy: typePolicy.create,
    schema: createTypeSchema,
    handler: (context, { volume_type: asked }) =>
      context.inTransaction(async (tx) => {
        const isPublic = asked['os-volume-type-access:is_public'] ?? true;
        const type = await createType(tx, {
          id: context.newId('type'),
          name: asked.name,
          description: asked.description ?? null,
          isPublic,
          extraSpecs: asked.extra_specs ?? {},
        }).catch(nameTaken(asked.name));
        return { body: { volume_type: { ...changedTypeView(type), 'os-volume-type-access:is_public': isPublic } } };
      }),
  }),
  route({
    method: 'PUT',
    path: '/types/:id',
    policy: typePolicy.update,
    schema: updateTypeSchema,
    handler: (context, { volume_type: asked }) =>
      context.inTransaction(async (tx) => {
        const { name, description, is_public: isPublic } = asked;
        if (name && name.trim() === '')
          throw new ApiError('BadRequest', { detail: 'Volume type name can not be empty.' });
        if ((name ?? description ?? isPublic ?? null) === null) {
          throw new ApiError('BadRequest', {
            detail: 'Specify volume type name, description, is_public or a combination thereof.',
          });
        }
        const type = await mustFindType(tx, context, context.params['id'] ?? '');
        await lockType(tx, type.id);
        const change = { name: name ?? undefined, description: description ?? undefined, isPublic };
        const updated = await updateType(tx, type, change).catch(nameTaken(name ?? type.name));
        return { body: { volume_type: changedTypeView(updated) } };
      }),
  }),
  route({
    method: 'DELETE',
    path: '/types/:id',
    policy: typePolicy.delete,
    handler: (context) =>
      context.inTransaction(async (tx) => {
        const { id, name } = await mustFindType(tx, context, context.params['id'] ?? '');
        if (name === context.config.defaultVolumeType) {
          throw new ApiError('VolumeTypeDefaultDeletionError', { volume_type_id: id });
        }
        await lockType(tx, id);
        if (await isTypeInUse(tx, id))
          throw new ApiError('BadRequest', { detail: 'Target volume type is still in use.' });
        await deleteType(tx, id);
        return emptyAccepted;
      }),
  }),
  ...specRoutes,
  ...accessRoutes,
];
