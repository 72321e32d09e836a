// /group_types (3.11) and their specs.
import {
  createGroupType,
  deleteGroupType,
  findGroupType,
  findGroupTypeByName,
  GroupTypeNameTakenError,
  listGroupTypes,
  lockGroupType,
  updateGroupType,
  type GroupType,
} from '../../prisma/store/groups/group-types.ts';
import type { Entries } from '../../prisma/store/database/json-entries.ts';
import type { Transaction } from '../../prisma/store/database/transaction.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { route, type Route } from '../http/route.ts';
import { emptyAccepted } from '../lists/empty-answer.ts';
import { answerList } from '../lists/list.ts';
import { isPublicCondition } from '../lists/public-filter.ts';
import { specRoutes } from '../lists/spec-routes.ts';
import { groupTypePolicy } from './policy.ts';
import { createGroupTypeSchema, updateGroupTypeSchema } from './schema.ts';
import { microversions } from '../http/microversion-table.ts';

const since = microversions.groupTypes;
const idOf = ({ params }: RequestContext): string => params['id'] ?? '';
const notFound = (id: string): ApiError => new ApiError('GroupTypeNotFound', { group_type_id: id });

const sortColumns = {
  id: { column: 'id' },
  name: { column: 'name' },
  description: { column: 'description' },
  is_public: { column: 'isPublic' },
  created_at: { column: 'createdAt' },
  updated_at: { column: 'updatedAt' },
} as const;

function view(type: GroupType, { can }: Pick<RequestContext, 'can'>) {
  const { id, name, description, isPublic } = type;
  const specs = can(groupTypePolicy.showSpecs) ? { group_specs: type.groupSpecs } : {};
  return { id, name, description, is_public: isPublic, ...specs };
}

async function mustFind(context: RequestContext, id = idOf(context)): Promise<GroupType> {
  const type = await findGroupType(context.db, context, id);
  if (!type) throw notFound(id);
  return type;
}

async function mustLock(tx: Transaction, id: string): Promise<GroupType> {
  const type = await lockGroupType(tx, id);
  if (!type) throw notFound(id);
  return type;
}

async function mustFindDefault({ db, config }: RequestContext): Promise<GroupType> {
  const name = config.defaultGroupType;
  const type = name === null ? null : await findGroupTypeByName(db, name);
  if (!type) throw new ApiError('NotFound', { detail: 'Default group type can not be found.' });
  return type;
}

function nameTaken(name: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof GroupTypeNameTakenError ? new ApiError('GroupTypeExists', { id: name }) : error;
  };
}

interface Change {
  readonly name?: string | null;
  readonly description?: string | null;
  readonly is_public?: boolean;
}

function mustSaySomething({ name, description, is_public: isPublic }: Change): void {
  if (name && name.trim() === '') throw new ApiError('BadRequest', { detail: 'Group type name can not be empty.' });
  if ((name ?? description ?? isPublic ?? null) !== null) return;
  throw new ApiError('BadRequest', {
    detail: 'Specify group type name, description or a combination thereof.',
  });
}

const groupSpecRoutes = specRoutes({
  path: '/group_types/:group_type_id/group_specs',
  name: 'group_specs',
  since,
  policies: {
    list: groupTypePolicy.listSpecs,
    show: groupTypePolicy.showSpec,
    create: groupTypePolicy.createSpecs,
    update: groupTypePolicy.updateSpec,
    delete: groupTypePolicy.deleteSpec,
  },
  createdStatus: 202,
  deleted: emptyAccepted,
  entries: 'groupTypeSpecs',
  read: async (context) => (await mustFind(context, context.params['group_type_id'] ?? '')).groupSpecs as Entries,
  lock: async (tx, { params }) => {
    const { id, groupSpecs } = await mustLock(tx, params['group_type_id'] ?? '');
    return { id, specs: groupSpecs as Entries };
  },
  notFound: ({ params }, key, asked) => {
    const id = params['group_type_id'] ?? '';
    if (asked === 'delete') {
      return new ApiError('GroupTypeSpecsNotFound', { group_type_id: id, group_specs_key: key });
    }
    return new ApiError('NotFound', { detail: `Group Type ${id} has no extra spec with key ${key}.` });
  },
});

export const groupTypeRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/group_types',
    since,
    policy: groupTypePolicy.list,
    handler: (context) =>
      answerList(context, {
        collection: 'group_types',
        linkName: 'group_type',
        path: 'group_types',
        shared: true,
        filters: isPublicCondition,
        sortColumns,
        read: (_projectId, page) => listGroupTypes(context.db, page),
        view: (rows) => rows.map((type) => view(type, context)),
        noSuchMarker: notFound,
      }),
  }),
  route({
    method: 'GET',
    path: '/group_types/default',
    since,
    policy: groupTypePolicy.list,
    handler: async (context) => ({ body: { group_type: view(await mustFindDefault(context), context) } }),
  }),
  route({
    method: 'GET',
    path: '/group_types/:id',
    since,
    policy: groupTypePolicy.list,
    handler: async (context) => ({ body: { group_type: view(await mustFind(context), context) } }),
  }),
  route({
    method: 'POST',
    path: '/group_types',
    since,
    policy: groupTypePolicy.create,
    schema: createGroupTypeSchema,
    handler: (context, { group_type: asked }) =>
      context.inTransaction(async (tx) => {
        const { name, description = null, is_public: isPublic = true, group_specs: groupSpecs } = asked;
        const row = { id: context.newId('group-type'), name, description, isPublic, groupSpecs: groupSpecs ?? {} };
        const type = await createGroupType(tx, row).catch(nameTaken(name));
        return { status: 202, body: { group_type: view(type, context) } };
      }),
  }),
  route({
    method: 'PUT',
    path: '/group_types/:id',
    since,
    policy: groupTypePolicy.update,
    schema: updateGroupTypeSchema,
    handler: (context, { group_type: asked }) => {
      mustSaySomething(asked);
      const { name, description, is_public: isPublic } = asked;
      return context.inTransaction(async (tx) => {
        const before = await mustLock(tx, idOf(context));
        const change = { name: name ?? undefined, description: description ?? undefined, isPublic };
        const type = await updateGroupType(tx, before.id, change).catch(nameTaken(name ?? before.name));
        return { body: { group_type: view(type, context) } };
      });
    },
  }),
  route({
    method: 'DELETE',
    path: '/group_types/:id',
    since,
    policy: groupTypePolicy.delete,
    handler: (context) =>
      context.inTransaction(async (tx) => {
        const { id } = await mustLock(tx, idOf(context));
        await deleteGroupType(tx, id);
        return emptyAccepted;
      }),
  }),
  ...groupSpecRoutes,
];
