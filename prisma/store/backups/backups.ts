// Backups as the API reads them, and the direct writes that claim no status: names, descriptions, metadata.
import { isUuid } from '../../../domain/ids.ts';
import { Prisma } from '../../generated/client.ts';
import {
  apiTime,
  columnsOf,
  countRows,
  readPage,
  type ColumnTable,
  type Condition,
  type PageRequest,
  type Reader,
  type Source,
} from '../database/page-query.ts';
import type { Transaction } from '../database/transaction.ts';
import type { Metadata } from '../volumes/volumes.ts';

/** A backup; times are texts as the API writes them. */
export interface BackupRow {
  readonly id: string;
  readonly volumeId: string;
  readonly snapshotId: string | null;
  readonly parentId: string | null;
  readonly name: string | null;
  readonly description: string | null;
  readonly projectId: string;
  readonly userId: string;
  readonly sizeGib: number;
  readonly status: string;
  readonly failReason: string | null;
  readonly container: string | null;
  readonly service: string | null;
  readonly host: string | null;
  readonly availabilityZone: string | null;
  readonly objectCount: number;
  readonly metadataJson: string;
  readonly hasDependents: boolean;
  readonly operationId: string | null;
  readonly dataTimestamp: string | null;
  readonly createdAt: string;
  readonly updatedAt: string | null;
}

/** What lists may sort and filter by. */
export const backupColumns: ColumnTable = columnsOf({
  id: ['b.id', 'uuid'],
  volumeId: ['b.volume_id', 'uuid'],
  snapshotId: ['b.snapshot_id', 'uuid', 'nullable'],
  parentId: ['b.parent_id', 'uuid', 'nullable'],
  name: ['b.name', 'text', 'nullable'],
  description: ['b.description', 'text', 'nullable'],
  projectId: ['b.project_id', 'text'],
  userId: ['b.user_id', 'text'],
  sizeGib: ['b.size_gib', 'integer'],
  status: ['b.status', 'text'],
  failReason: ['b.fail_reason', 'text', 'nullable'],
  container: ['b.container', 'text', 'nullable'],
  service: ['b.service', 'text', 'nullable'],
  host: ['b.host', 'text', 'nullable'],
  availabilityZone: ['b.availability_zone', 'text', 'nullable'],
  objectCount: ['b.object_count', 'integer'],
  dataTimestamp: ['b.data_timestamp', 'timestamp', 'nullable'],
  createdAt: ['b.created_at', 'timestamp'],
  updatedAt: ['b.updated_at', 'timestamp', 'nullable'],
});

export const backupMetadataColumns = [Prisma.sql`b.metadata`] as const;

// Not EXISTS: PostgreSQL would hash every backup that there is to answer it for a page.
const dependents = Prisma.sql`(SELECT true FROM backups child
  WHERE child.parent_id = b.id AND child.deleted_at IS NULL LIMIT 1) IS NOT NULL`;

const selected = Prisma.sql`b.id, b.volume_id AS "volumeId", b.snapshot_id AS "snapshotId", b.parent_id AS "parentId",
  b.name, b.description, b.project_id AS "projectId", b.user_id AS "userId", b.size_gib AS "sizeGib", b.status,
  b.fail_reason AS "failReason", b.container, b.service, b.host, b.availability_zone AS "availabilityZone",
  b.object_count AS "objectCount", b.metadata::text AS "metadataJson", ${dependents} AS "hasDependents",
  b.operation_id AS "operationId", ${apiTime(Prisma.sql`b.data_timestamp`)} AS "dataTimestamp",
  ${apiTime(Prisma.sql`b.created_at`)} AS "createdAt", ${apiTime(Prisma.sql`b.updated_at`)} AS "updatedAt"`;

/** `projectId` null: every project's. */
function source(projectId: string | null): Source {
  const live = Prisma.sql`b.deleted_at IS NULL`;
  return {
    from: Prisma.sql`backups b`,
    columns: backupColumns,
    always: projectId === null ? live : Prisma.sql`b.project_id = ${projectId} AND ${live}`,
  };
}

/** A page of live backups; null when the marker is none of them. */
export function listBackups(db: Reader, projectId: string | null, page: PageRequest): Promise<BackupRow[] | null> {
  return readPage<BackupRow>(db, source(projectId), selected, page);
}

export function countBackups(db: Reader, projectId: string | null, conditions: readonly Condition[]): Promise<number> {
  return countRows(db, source(projectId), conditions);
}

/** A live backup, of any project when `projectId` is null; null when there is none. */
export async function findBackup(db: Reader, id: string, projectId: string | null): Promise<BackupRow | null> {
  if (!isUuid(id)) return null;
  const rows = await db.$queryRaw<BackupRow[]>`
    SELECT ${selected} FROM backups b WHERE b.id = ${id}::uuid AND ${source(projectId).always}`;
  return rows[0] ?? null;
}

export interface ParentChoice {
  /** True when the project has any backup of the volume at all. */
  readonly anyBackup: boolean;
  /** The newest available one that is older than the snapshot, if there is a snapshot. */
  readonly parentId: string | null;
}

/**
 * The backup that an incremental one builds on: the one whose data is newest, among those of the caller's project.
 * https://docs.openstack.org/cinder/latest/admin/volume-backups.html
 */
export async function chooseParent(
  db: Reader,
  { volumeId, projectId, snapshotId }: { volumeId: string; projectId: string; snapshotId: string | null },
): Promise<ParentChoice> {
  const rows = await db.$queryRaw<{ id: string; fits: boolean }[]>`
    SELECT id, (status = 'available' AND (${snapshotId}::uuid IS NULL OR
      coalesce(data_timestamp, created_at) < (SELECT created_at FROM snapshots WHERE id = ${snapshotId}::uuid))) AS fits
    FROM backups WHERE volume_id = ${volumeId}::uuid AND project_id = ${projectId} AND deleted_at IS NULL
    ORDER BY fits DESC, coalesce(data_timestamp, created_at) DESC, id DESC LIMIT 1`;
  const [first] = rows;
  return { anyBackup: first !== undefined, parentId: first?.fits ? first.id : null };
}

export interface BackupEdit {
  readonly name?: string | null;
  readonly description?: string | null;
  readonly metadata?: Metadata;
}

/** Changes name, description or metadata; a deleted row stays as it is. */
export async function editBackup(tx: Transaction, id: string, edit: BackupEdit): Promise<void> {
  await tx.backup.updateMany({ where: { id, deletedAt: null }, data: { ...edit, updatedAt: new Date() } });
}

/** What an incremental backup builds on: its parent, the parent's parent, and so on to the full one. */
export async function ancestorIds(db: Reader, backupId: string): Promise<readonly string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    WITH RECURSIVE chain AS (
      SELECT parent_id, 1 AS depth FROM backups WHERE id = ${backupId}::uuid
      UNION ALL SELECT b.parent_id, depth + 1 FROM chain JOIN backups b ON b.id = chain.parent_id WHERE depth < 10000
    )
    SELECT parent_id AS id FROM chain WHERE parent_id IS NOT NULL ORDER BY depth`;
  return rows.map(({ id }) => id);
}
