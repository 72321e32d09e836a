// /group_snapshots (3.14): create, lists, show, delete, reset.
import { forceStatus } from '../../prisma/store/operations/forced-status.ts';
import { listGroupSnapshots, snapshotsOf, type GroupSnapshotRow } from '../../prisma/store/groups/group-snapshots.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import type { Policy } from '../http/policy.ts';
import { route, type Route } from '../http/route.ts';
import { emptyAccepted } from '../lists/empty-answer.ts';
import type { FilterRules } from '../lists/filters.ts';
import { answerList } from '../lists/list.ts';
import { createGroupSnapshot } from './create.ts';
import { groupSnapshotNotFound, mustFindGroupSnapshot } from './lookup.ts';
import { groupSnapshotPolicy } from './policy.ts';
import { createGroupSnapshotSchema, resetGroupSnapshotSchema } from './schema.ts';
import { submitOperation } from '../operations/submit.ts';
import { microversions } from '../http/microversion-table.ts';

const since = microversions.groupSnapshots;

const columns = {
  id: { column: 'id' },
  status: { column: 'status' },
  group_id: { column: 'groupId' },
  group_type_id: { column: 'groupTypeId' },
  name: { column: 'name' },
  description: { column: 'description' },
  created_at: { column: 'createdAt' },
} as const;

const filters: FilterRules = { filters: columns, forEveryone: ['name', 'status', 'group_id'] };

const find = (context: RequestContext, policy: Policy): Promise<GroupSnapshotRow> =>
  mustFindGroupSnapshot(context, context.params['id'] ?? '', policy);

function detailView(context: RequestContext) {
  const withProject = context.atLeast(microversions.groupProject) && context.can(groupSnapshotPolicy.showProject);
  return (row: GroupSnapshotRow) => ({
    id: row.id,
    group_id: row.groupId,
    group_type_id: row.groupTypeId,
    status: row.status,
    created_at: row.createdAt,
    name: row.name,
    description: row.description,
    ...(withProject ? { project_id: row.projectId } : {}),
  });
}

function list(context: RequestContext, detailed: boolean): Promise<Answer> {
  const rules = {
    collection: 'group_snapshots',
    linkName: 'group_snapshot',
    path: detailed ? 'group_snapshots/detail' : 'group_snapshots',
    filters,
    sortColumns: columns,
    read: (projectId: string | null, page: Parameters<typeof listGroupSnapshots>[2]) =>
      listGroupSnapshots(context.db, projectId, page),
    view: (rows: readonly GroupSnapshotRow[]) =>
      rows.map(detailed ? detailView(context) : ({ id, name }: GroupSnapshotRow) => ({ id, name })),
    noSuchMarker: groupSnapshotNotFound,
  };
  // Before 3.29 the query says nothing.
  return answerList(context.atLeast(microversions.groupSnapshotPages) ? context : { ...context, query: {} }, rules);
}

async function remove(context: RequestContext): Promise<Answer> {
  const { id, projectId } = await find(context, groupSnapshotPolicy.delete);
  const snapshotIds = (await snapshotsOf(context.db, id)).map((snapshot) => snapshot.id);
  await submitOperation(
    context,
    {
      kind: 'groupSnapshotDelete',
      resourceId: id,
      projectId,
      input: { groupSnapshotId: id, snapshotIds },
      claims: [
        { resource: 'groupSnapshot', id },
        ...snapshotIds.map((snapshotId) => ({ resource: 'snapshot' as const, id: snapshotId })),
      ],
    },
    () => {
      const reason =
        'GroupSnapshot status must be available or error, and no Group can be currently using it as source for its creation.';
      return new ApiError('InvalidGroupSnapshot', { reason });
    },
  );
  return emptyAccepted;
}

export const groupSnapshotRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/group_snapshots',
    since,
    policy: groupSnapshotPolicy.create,
    schema: createGroupSnapshotSchema,
    handler: (context, body) => createGroupSnapshot(context, body.group_snapshot),
    again: async (context) => {
      const { id, name, groupTypeId } = await mustFindGroupSnapshot(
        context,
        context.newId('group-snapshot'),
        groupSnapshotPolicy.get,
      );
      return { status: 202, body: { group_snapshot: { id, name, group_type_id: groupTypeId } } };
    },
  }),
  route({
    method: 'GET',
    path: '/group_snapshots',
    since,
    policy: groupSnapshotPolicy.list,
    handler: (context) => list(context, false),
  }),
  route({
    method: 'GET',
    path: '/group_snapshots/detail',
    since,
    policy: groupSnapshotPolicy.list,
    handler: (context) => list(context, true),
  }),
  route({
    method: 'GET',
    path: '/group_snapshots/:id',
    since,
    policy: groupSnapshotPolicy.get,
    handler: async (context) => ({
      body: { group_snapshot: detailView(context)(await find(context, groupSnapshotPolicy.get)) },
    }),
  }),
  route({
    method: 'DELETE',
    path: '/group_snapshots/:id',
    since,
    policy: groupSnapshotPolicy.delete,
    handler: remove,
    again: () => Promise.resolve(emptyAccepted),
  }),
  route({
    method: 'POST',
    path: '/group_snapshots/:id/action',
    action: 'reset_status',
    since: microversions.resetGroupSnapshot,
    policy: groupSnapshotPolicy.resetStatus,
    schema: resetGroupSnapshotSchema,
    handler: async (context, body) => {
      const { id } = await find(context, groupSnapshotPolicy.resetStatus);
      const { status } = body.reset_status;
      return context.inTransaction(async (tx) => {
        const found = await forceStatus(tx, { resource: 'groupSnapshot', id, status, actor: context.userId });
        if (!found) throw groupSnapshotNotFound(id);
        return emptyAccepted;
      });
    },
  }),
];
