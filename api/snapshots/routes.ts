// /snapshots: create, lists, show, update, delete; metadata and actions are beside it.
import {
  countSnapshots,
  editSnapshot,
  findSnapshot,
  listSnapshots,
  snapshotMetadataColumns,
} from '../../prisma/store/snapshots/snapshots.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import type { SortColumns } from '../http/paging.ts';
import { route, type Route } from '../http/route.ts';
import { emptyAccepted } from '../lists/empty-answer.ts';
import type { Filter, FilterRules } from '../lists/filters.ts';
import { answerList } from '../lists/list.ts';
import { snapshotActionRoutes } from './action-routes.ts';
import { createSnapshot } from './create.ts';
import { deleteSnapshot } from './delete.ts';
import { mustFindSnapshot, snapshotNotFound } from './lookup.ts';
import { snapshotMetadataRoutes } from './metadata-routes.ts';
import { snapshotPolicy } from './policy.ts';
import { createSnapshotSchema, updateSnapshotSchema } from './schema.ts';
import { snapshotDetailView, snapshotSummaryView } from './view.ts';
import { microversions } from '../http/microversion-table.ts';

const idOf = ({ params }: RequestContext): string => params['id'] ?? '';

const columns = {
  id: 'id',
  volume_id: 'volumeId',
  status: 'status',
  progress: 'progress',
  project_id: 'projectId',
  user_id: 'userId',
  volume_size: 'sizeGib',
  volume_type_id: 'volumeTypeId',
  display_name: 'name',
  display_description: 'description',
  created_at: 'createdAt',
  updated_at: 'updatedAt',
} as const;

const plain: Readonly<Record<string, Filter>> = Object.fromEntries(
  Object.entries(columns).map(([name, column]) => [name, { column }]),
);

const filters: FilterRules = {
  filters: {
    ...plain,
    name: { column: 'name' },
    description: { column: 'description' },
    host: { column: 'host', as: 'host' },
    availability_zone: { column: 'availabilityZone' },
    consumes_quota: { column: 'consumesQuota', as: 'flag' },
    metadata: { as: 'entries', columns: snapshotMetadataColumns },
  },
  forEveryone: ['name', 'status', 'volume_id', 'metadata', 'availability_zone', 'consumes_quota'],
  since: { metadata: microversions.snapshotMetadataFilter, consumes_quota: microversions.consumesQuota },
};

const sortColumns: SortColumns = Object.fromEntries(
  Object.entries(columns).map(([name, column]) => [name, { column }]),
);
const sortColumnsWithName: SortColumns = { ...sortColumns, name: { column: 'name' } };

function list(context: RequestContext, detailed: boolean): Promise<Answer> {
  return answerList(context, {
    collection: 'snapshots',
    path: detailed ? 'snapshots/detail' : 'snapshots',
    filters,
    sortColumns: context.atLeast(microversions.snapshotsByName) ? sortColumnsWithName : sortColumns,
    read: (projectId, page) => listSnapshots(context.db, projectId, page),
    count: (projectId, conditions) => countSnapshots(context.db, projectId, conditions),
    view: (rows) => rows.map(detailed ? snapshotDetailView(context, true) : snapshotSummaryView),
    noSuchMarker: snapshotNotFound,
  });
}

interface UpdateWish {
  readonly name?: string | null;
  readonly description?: string | null;
  readonly display_name?: string | null;
  readonly display_description?: string | null;
}

async function update(context: RequestContext, wish: UpdateWish): Promise<Answer> {
  const { id } = await mustFindSnapshot(context, idOf(context), snapshotPolicy.update);
  const { name = wish.display_name, description = wish.display_description } = wish;
  return context.inTransaction(async (tx) => {
    await editSnapshot(tx, id, { name, description });
    const snapshot = await findSnapshot(tx, id, null);
    if (!snapshot) throw snapshotNotFound(id);
    return { body: { snapshot: snapshotDetailView(context, false)(snapshot) } };
  });
}

/** A repeat under an Idempotency-Key whose first answer was lost: the snapshot, as new as it was. */
async function answerCreateAgain(context: RequestContext): Promise<Answer> {
  const snapshot = await mustFindSnapshot(context, context.newId('snapshot'), snapshotPolicy.get);
  const row = { ...snapshot, status: 'creating', updatedAt: null };
  return { status: 202, body: { snapshot: snapshotDetailView(context, false)(row) } };
}

export const snapshotRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/snapshots',
    policy: snapshotPolicy.create,
    schema: createSnapshotSchema,
    handler: (context, { snapshot }) => createSnapshot(context, snapshot),
    again: answerCreateAgain,
  }),
  route({ method: 'GET', path: '/snapshots', policy: snapshotPolicy.list, handler: (context) => list(context, false) }),
  route({
    method: 'GET',
    path: '/snapshots/detail',
    policy: snapshotPolicy.list,
    handler: (context) => list(context, true),
  }),
  route({
    method: 'GET',
    path: '/snapshots/:id',
    policy: snapshotPolicy.get,
    handler: async (context) => {
      const snapshot = await mustFindSnapshot(context, idOf(context), snapshotPolicy.get);
      return { body: { snapshot: snapshotDetailView(context, true)(snapshot) } };
    },
  }),
  route({
    method: 'PUT',
    path: '/snapshots/:id',
    policy: snapshotPolicy.update,
    schema: updateSnapshotSchema,
    handler: (context, { snapshot }) => update(context, snapshot),
  }),
  route({
    method: 'DELETE',
    path: '/snapshots/:id',
    policy: snapshotPolicy.delete,
    handler: async (context) => {
      const snapshot = await mustFindSnapshot(context, idOf(context), snapshotPolicy.delete);
      await deleteSnapshot(context, snapshot, { force: false });
      return emptyAccepted;
    },
    again: () => Promise.resolve(emptyAccepted),
  }),
  ...snapshotActionRoutes,
  ...snapshotMetadataRoutes,
];
