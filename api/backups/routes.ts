// /backups: create, lists, show, update, delete, restore, and what administrators force.
import { backupMetadataColumns, countBackups, editBackup, listBackups } from '../../prisma/store/backups/backups.ts';
import { forceStatus } from '../../prisma/store/operations/forced-status.ts';
import { findVolume } from '../../prisma/store/volumes/volumes.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import type { Microversion } from '../http/microversion.ts';
import type { SortColumns } from '../http/paging.ts';
import { route, type Route } from '../http/route.ts';
import type { Filter, FilterRules } from '../lists/filters.ts';
import { answerList } from '../lists/list.ts';
import { createBackup } from './create.ts';
import { deleteBackup } from './delete.ts';
import { exportBackup, importBackup } from './import.ts';
import { backupNotFound, mustFindBackup } from './lookup.ts';
import { backupPolicy } from './policy.ts';
import { restoreBackup } from './restore.ts';
import {
  createBackupSchemas,
  forceDeleteSchema,
  importSchema,
  resetBackupSchema,
  restoreSchema,
  updateBackupSchema,
  updateBackupSchema343,
  type CreateBackupWish,
} from './schema.ts';
import { backupDetailView, backupSummaryView } from './view.ts';
import { microversions } from '../http/microversion-table.ts';

const accepted: Answer = { status: 202 };
const idOf = ({ params }: RequestContext): string => params['id'] ?? '';

const columns = {
  id: 'id',
  volume_id: 'volumeId',
  snapshot_id: 'snapshotId',
  parent_id: 'parentId',
  status: 'status',
  size: 'sizeGib',
  project_id: 'projectId',
  user_id: 'userId',
  fail_reason: 'failReason',
  container: 'container',
  service: 'service',
  host: 'host',
  availability_zone: 'availabilityZone',
  object_count: 'objectCount',
  display_name: 'name',
  display_description: 'description',
  data_timestamp: 'dataTimestamp',
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
    metadata: { as: 'entries', columns: backupMetadataColumns },
  },
  forEveryone: ['name', 'status', 'volume_id'],
};

const sortColumns: SortColumns = Object.fromEntries(
  Object.entries(columns).map(([name, column]) => [name, { column }]),
);
const sortColumnsWithName: SortColumns = { ...sortColumns, name: { column: 'name' } };

function list(context: RequestContext, detailed: boolean): Promise<Answer> {
  const all = context.query['all_tenants'];
  if (all !== undefined && !/^(1|t|true|on|y|yes|0|f|false|off|n|no)$/i.test(all.trim())) {
    throw new ApiError('InvalidParameterValue', { err: `all_tenants must be a boolean, got '${all}'.` });
  }
  return answerList(context, {
    collection: 'backups',
    path: detailed ? 'backups/detail' : 'backups',
    filters,
    sortColumns: context.atLeast(microversions.backupsByName) ? sortColumnsWithName : sortColumns,
    read: (projectId, page) => listBackups(context.db, projectId, page),
    count: (projectId, conditions) => countBackups(context.db, projectId, conditions),
    view: (rows) => rows.map(detailed ? backupDetailView(context) : backupSummaryView(context)),
    noSuchMarker: backupNotFound,
  });
}

interface UpdateWish {
  readonly name?: string | null;
  readonly description?: string | null;
  readonly metadata?: Readonly<Record<string, string>>;
}

async function update(context: RequestContext, wish: UpdateWish | null): Promise<Answer> {
  const backup = await mustFindBackup(context, idOf(context), backupPolicy.update);
  return context.inTransaction(async (tx) => {
    await editBackup(tx, backup.id, wish ?? {});
    const name = wish?.name === undefined ? backup.name : wish.name;
    return { body: { backup: backupSummaryView(context)({ id: backup.id, name }) } };
  });
}

/** A repeat under an Idempotency-Key whose first answer was lost. */
async function answerCreateAgain(context: RequestContext): Promise<Answer> {
  const backup = await mustFindBackup(context, context.newId('backup'), backupPolicy.get);
  return { status: 202, body: { backup: backupSummaryView(context)(backup) } };
}

function createRoute(since: keyof typeof createBackupSchemas, before?: Microversion): Route {
  return route({
    method: 'POST',
    path: '/backups',
    since,
    ...(before ? { before } : {}),
    policy: backupPolicy.create,
    schema: createBackupSchemas[since],
    handler: (context, body) => createBackup(context, body.backup as CreateBackupWish),
    again: answerCreateAgain,
  });
}

export const backupRoutes: readonly Route[] = [
  createRoute('3.0', microversions.backupMetadata),
  createRoute(microversions.backupMetadata, microversions.backupZone),
  createRoute(microversions.backupZone),
  route({ method: 'GET', path: '/backups', policy: backupPolicy.list, handler: (context) => list(context, false) }),
  route({
    method: 'GET',
    path: '/backups/detail',
    policy: backupPolicy.list,
    handler: (context) => list(context, true),
  }),
  route({
    method: 'POST',
    path: '/backups/import_record',
    policy: backupPolicy.import,
    schema: importSchema,
    handler: (context, body) => importBackup(context, body['backup-record']),
  }),
  route({
    method: 'GET',
    path: '/backups/:id/export_record',
    policy: backupPolicy.export,
    handler: async (context) =>
      exportBackup(context, await mustFindBackup(context, idOf(context), backupPolicy.export)),
  }),
  route({
    method: 'GET',
    path: '/backups/:id',
    policy: backupPolicy.get,
    handler: async (context) => {
      const backup = await mustFindBackup(context, idOf(context), backupPolicy.get);
      return { body: { backup: backupDetailView(context)(backup) } };
    },
  }),
  route({
    method: 'PUT',
    path: '/backups/:id',
    since: microversions.backupUpdate,
    before: microversions.backupMetadata,
    policy: backupPolicy.update,
    schema: updateBackupSchema,
    handler: (context, { backup }) => update(context, backup),
  }),
  route({
    method: 'PUT',
    path: '/backups/:id',
    since: microversions.backupMetadata,
    policy: backupPolicy.update,
    schema: updateBackupSchema343,
    handler: (context, { backup }) => update(context, backup),
  }),
  route({
    method: 'DELETE',
    path: '/backups/:id',
    policy: backupPolicy.delete,
    handler: async (context) => {
      const backup = await mustFindBackup(context, idOf(context), backupPolicy.delete);
      await deleteBackup(context, backup, { force: false });
      return accepted;
    },
  }),
  route({
    method: 'POST',
    path: '/backups/:id/restore',
    policy: backupPolicy.restore,
    schema: restoreSchema,
    handler: async (context, { restore }) => {
      const backup = await mustFindBackup(context, idOf(context), backupPolicy.restore);
      return restoreBackup(context, backup, restore ?? {});
    },
    again: async (context, operation) => {
      const { backupId, volumeId } = operation.input as { backupId: string; volumeId: string };
      const volume = await findVolume(context.db, volumeId, null);
      const names = { backup_id: backupId, volume_id: volumeId, volume_name: volume?.name ?? null };
      return { status: 202, body: { restore: names } };
    },
  }),
  route({
    method: 'POST',
    path: '/backups/:id/action',
    action: 'os-reset_status',
    policy: backupPolicy.resetStatus,
    schema: resetBackupSchema,
    handler: async (context, body) => {
      const { id } = await mustFindBackup(context, idOf(context), backupPolicy.resetStatus);
      const { status } = body['os-reset_status'];
      return context.inTransaction(async (tx) => {
        const found = await forceStatus(tx, { resource: 'backup', id, status, actor: context.userId });
        if (!found) throw backupNotFound(id);
        return accepted;
      });
    },
  }),
  route({
    method: 'POST',
    path: '/backups/:id/action',
    action: 'os-force_delete',
    policy: backupPolicy.forceDelete,
    schema: forceDeleteSchema,
    handler: async (context) => {
      const backup = await mustFindBackup(context, idOf(context), backupPolicy.forceDelete);
      await deleteBackup(context, backup, { force: true });
      return accepted;
    },
  }),
];
