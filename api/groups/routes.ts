// /groups (3.13): create, lists, show, update, and the actions on a group.
import { forceStatus } from '../../prisma/store/operations/forced-status.ts';
import { listGroups, membersOf, type GroupRow } from '../../prisma/store/groups/groups.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { booleanOf } from '../http/fields.ts';
import type { Policy } from '../http/policy.ts';
import { route, type Route } from '../http/route.ts';
import { emptyAccepted } from '../lists/empty-answer.ts';
import type { FilterRules } from '../lists/filters.ts';
import { answerList } from '../lists/list.ts';
import { createGroupFromSource } from './create-from-source.ts';
import { createGroup } from './create.ts';
import { deleteGroup } from './delete.ts';
import { groupNotFound, mustFindGroup } from './lookup.ts';
import { groupPolicy } from './policy.ts';
import { refuseReplication } from './replication.ts';
import {
  createFromSourceSchema,
  createGroupSchema,
  deleteGroupSchema,
  replicationSchemas,
  resetGroupSchema,
  updateGroupSchema,
} from './schema.ts';
import { updateGroup } from './update.ts';
import { groupDetailView, groupSummaryView } from './view.ts';
import { microversions } from '../http/microversion-table.ts';

const since = microversions.groups;
const action = { method: 'POST', path: '/groups/:id/action' } as const;

const columns = {
  id: { column: 'id' },
  status: { column: 'status' },
  group_type_id: { column: 'groupTypeId' },
  availability_zone: { column: 'availabilityZone' },
  host: { column: 'host' },
  name: { column: 'name' },
  description: { column: 'description' },
  created_at: { column: 'createdAt' },
  updated_at: { column: 'updatedAt' },
} as const;

const filters: FilterRules = { filters: columns, forEveryone: ['name'] };

const find = (context: RequestContext, policy: Policy): Promise<GroupRow> =>
  mustFindGroup(context, context.params['id'] ?? '', policy);

async function volumeIdsOf(context: RequestContext, group: GroupRow): Promise<readonly string[] | null> {
  if (!context.atLeast(microversions.groupVolumes) || !booleanOf(context.query['list_volume'])) return null;
  return (await membersOf(context.db, group.id)).map(({ id }) => id);
}

function list(context: RequestContext, detailed: boolean): Promise<Answer> {
  const { list_volume: _, ...query } = context.query;
  return answerList(
    { ...context, query },
    {
      collection: 'groups',
      linkName: 'group',
      path: detailed ? 'groups/detail' : 'groups',
      filters,
      sortColumns: columns,
      read: (projectId, page) => listGroups(context.db, projectId, page),
      view: async (rows) => {
        if (!detailed) return rows.map(groupSummaryView);
        const view = groupDetailView(context);
        return Promise.all(rows.map(async (row) => view(row, await volumeIdsOf(context, row))));
      },
      noSuchMarker: groupNotFound,
    },
  );
}

async function answerCreateAgain(context: RequestContext): Promise<Answer> {
  const group = await mustFindGroup(context, context.newId('group'), groupPolicy.get);
  return { status: 202, body: { group: groupSummaryView(group) } };
}

const replicationRoutes = [
  ['enable_replication', replicationSchemas.enable, groupPolicy.enableReplication],
  ['disable_replication', replicationSchemas.disable, groupPolicy.disableReplication],
  ['failover_replication', replicationSchemas.failover, groupPolicy.failoverReplication],
  ['list_replication_targets', replicationSchemas.list, groupPolicy.listReplicationTargets],
] as const;

export const groupRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/groups',
    since,
    policy: groupPolicy.create,
    schema: createGroupSchema,
    handler: (context, body) => createGroup(context, body.group),
    again: answerCreateAgain,
  }),
  route({
    method: 'GET',
    path: '/groups',
    since,
    policy: groupPolicy.list,
    handler: (context) => list(context, false),
  }),
  route({
    method: 'GET',
    path: '/groups/detail',
    since,
    policy: groupPolicy.list,
    handler: (context) => list(context, true),
  }),
  route({
    method: 'GET',
    path: '/groups/:id',
    since,
    policy: groupPolicy.get,
    handler: async (context) => {
      const group = await find(context, groupPolicy.get);
      return { body: { group: groupDetailView(context)(group, await volumeIdsOf(context, group)) } };
    },
  }),
  route({
    method: 'PUT',
    path: '/groups/:id',
    since,
    policy: groupPolicy.update,
    schema: updateGroupSchema,
    handler: async (context, body) => updateGroup(context, await find(context, groupPolicy.update), body.group),
  }),
  // As Cinder has it: the source action is one of the collection.
  route({
    method: 'POST',
    path: '/groups/action',
    action: 'create-from-src',
    since: microversions.groupSnapshots,
    policy: groupPolicy.create,
    schema: createFromSourceSchema,
    handler: (context, body) => createGroupFromSource(context, body['create-from-src']),
    again: answerCreateAgain,
  }),
  route({
    ...action,
    action: 'delete',
    since,
    policy: groupPolicy.delete,
    schema: deleteGroupSchema,
    handler: async (context, body) => {
      const group = await find(context, groupPolicy.delete);
      await deleteGroup(context, group, body.delete['delete-volumes'] ?? false);
      return emptyAccepted;
    },
  }),
  route({
    ...action,
    action: 'reset_status',
    since: microversions.resetGroup,
    policy: groupPolicy.resetStatus,
    schema: resetGroupSchema,
    handler: async (context, body) => {
      const { id } = await find(context, groupPolicy.resetStatus);
      const { status } = body.reset_status;
      return context.inTransaction(async (tx) => {
        if (!(await forceStatus(tx, { resource: 'group', id, status, actor: context.userId }))) throw groupNotFound(id);
        return emptyAccepted;
      });
    },
  }),
  ...replicationRoutes.map(([name, schema, policy]) =>
    route({
      ...action,
      action: name,
      since: microversions.groupReplication,
      policy,
      schema,
      handler: async (context) => refuseReplication(context, await find(context, policy)),
    }),
  ),
];
