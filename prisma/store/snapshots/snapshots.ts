// Snapshots as the API reads them, and the direct writes that claim no status: names, descriptions, metadata.
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

/** A snapshot; times are texts as the API writes them. */
export interface SnapshotRow {
  readonly id: string;
  readonly volumeId: string;
  readonly name: string | null;
  readonly description: string | null;
  readonly projectId: string;
  readonly userId: string;
  readonly sizeGib: number;
  readonly status: string;
  readonly progress: string | null;
  readonly metadataJson: string;
  readonly volumeTypeId: string | null;
  readonly consumesQuota: boolean;
  readonly groupSnapshotId: string | null;
  readonly operationId: string | null;
  readonly createdAt: string;
  readonly updatedAt: string | null;
}

/** What lists may sort and filter by; the zone is the volume's. */
export const snapshotColumns: ColumnTable = columnsOf({
  id: ['s.id', 'uuid'],
  volumeId: ['s.volume_id', 'uuid'],
  name: ['s.name', 'text', 'nullable'],
  description: ['s.description', 'text', 'nullable'],
  projectId: ['s.project_id', 'text'],
  userId: ['s.user_id', 'text'],
  sizeGib: ['s.size_gib', 'integer'],
  status: ['s.status', 'text'],
  progress: ['s.progress', 'text', 'nullable'],
  volumeTypeId: ['s.volume_type_id', 'uuid', 'nullable'],
  consumesQuota: ['s.consumes_quota', 'boolean'],
  createdAt: ['s.created_at', 'timestamp'],
  updatedAt: ['s.updated_at', 'timestamp', 'nullable'],
  host: ['(SELECT v.host FROM volumes v WHERE v.id = s.volume_id)', 'text', 'nullable'],
  availabilityZone: ['(SELECT v.availability_zone FROM volumes v WHERE v.id = s.volume_id)', 'text', 'nullable'],
});

export const snapshotMetadataColumns = [Prisma.sql`s.metadata`] as const;

const selected = Prisma.sql`s.id, s.volume_id AS "volumeId", s.name, s.description, s.project_id AS "projectId",
  s.user_id AS "userId", s.size_gib AS "sizeGib", s.status, s.progress, s.metadata::text AS "metadataJson",
  s.volume_type_id AS "volumeTypeId", s.consumes_quota AS "consumesQuota", s.group_snapshot_id AS "groupSnapshotId", s.operation_id AS "operationId",
  ${apiTime(Prisma.sql`s.created_at`)} AS "createdAt", ${apiTime(Prisma.sql`s.updated_at`)} AS "updatedAt"`;

/** `projectId` null: every project's. */
function source(projectId: string | null): Source {
  const live = Prisma.sql`s.deleted_at IS NULL`;
  return {
    from: Prisma.sql`snapshots s`,
    columns: snapshotColumns,
    always: projectId === null ? live : Prisma.sql`s.project_id = ${projectId} AND ${live}`,
  };
}

/** A page of live snapshots; null when the marker is none of them. */
export function listSnapshots(db: Reader, projectId: string | null, page: PageRequest): Promise<SnapshotRow[] | null> {
  return readPage<SnapshotRow>(db, source(projectId), selected, page);
}

export function countSnapshots(
  db: Reader,
  projectId: string | null,
  conditions: readonly Condition[],
): Promise<number> {
  return countRows(db, source(projectId), conditions);
}

/** A live snapshot, of any project when `projectId` is null; null when there is none. */
export async function findSnapshot(db: Reader, id: string, projectId: string | null): Promise<SnapshotRow | null> {
  if (!isUuid(id)) return null;
  const rows = await db.$queryRaw<SnapshotRow[]>`
    SELECT ${selected} FROM snapshots s WHERE s.id = ${id}::uuid AND ${source(projectId).always}`;
  return rows[0] ?? null;
}

export interface SnapshotEdit {
  readonly name?: string | null;
  readonly description?: string | null;
}

/** Changes name or description; a deleted row stays as it is. */
export async function editSnapshot(tx: Transaction, id: string, edit: SnapshotEdit): Promise<void> {
  await tx.snapshot.updateMany({ where: { id, deletedAt: null }, data: { ...edit, updatedAt: new Date() } });
}

/** The volume's newest live snapshot; null when it has none. */
export async function latestSnapshot(
  db: Transaction,
  volumeId: string,
): Promise<{ readonly id: string; readonly sizeGib: number } | null> {
  return db.snapshot.findFirst({
    where: { volumeId, deletedAt: null },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    select: { id: true, sizeGib: true },
  });
}
