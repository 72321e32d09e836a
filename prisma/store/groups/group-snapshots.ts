// Group snapshots as the API reads and makes them.
import { isUuid } from '../../../domain/ids.ts';
import { Prisma } from '../../generated/client.ts';
import { apiTime, columnsOf, readPage, type PageRequest, type Reader, type Source } from '../database/page-query.ts';
import type { Transaction } from '../database/transaction.ts';

/** A group snapshot; the time as the API writes it. */
export interface GroupSnapshotRow {
  readonly id: string;
  readonly groupId: string;
  readonly groupTypeId: string;
  readonly name: string | null;
  readonly description: string | null;
  readonly projectId: string;
  readonly userId: string;
  readonly status: string;
  readonly createdAt: string;
}

const selected = Prisma.sql`s.id, s.group_id AS "groupId", s.group_type_id AS "groupTypeId", s.name, s.description,
  s.project_id AS "projectId", s.user_id AS "userId", s.status, ${apiTime(Prisma.sql`s.created_at`)} AS "createdAt"`;

function source(projectId: string | null): Source {
  const live = Prisma.sql`s.deleted_at IS NULL`;
  return {
    from: Prisma.sql`group_snapshots s`,
    columns: columnsOf({
      id: ['s.id', 'uuid'],
      groupId: ['s.group_id', 'uuid'],
      groupTypeId: ['s.group_type_id', 'uuid'],
      name: ['s.name', 'text', 'nullable'],
      description: ['s.description', 'text', 'nullable'],
      status: ['s.status', 'text'],
      projectId: ['s.project_id', 'text'],
      createdAt: ['s.created_at', 'timestamp'],
    }),
    always: projectId === null ? live : Prisma.sql`s.project_id = ${projectId} AND ${live}`,
  };
}

/** A page of live group snapshots; null when the marker is none of them. `projectId` null: every project's. */
export function listGroupSnapshots(
  db: Reader,
  projectId: string | null,
  page: PageRequest,
): Promise<GroupSnapshotRow[] | null> {
  return readPage<GroupSnapshotRow>(db, source(projectId), selected, page);
}

/** A live group snapshot, of any project when `projectId` is null; null when there is none. */
export async function findGroupSnapshot(
  db: Reader,
  id: string,
  projectId: string | null,
): Promise<GroupSnapshotRow | null> {
  if (!isUuid(id)) return null;
  const rows = await db.$queryRaw<GroupSnapshotRow[]>`
    SELECT ${selected} FROM group_snapshots s WHERE s.id = ${id}::uuid AND ${source(projectId).always}`;
  return rows[0] ?? null;
}

export interface NewGroupSnapshot extends Omit<GroupSnapshotRow, 'status' | 'createdAt'> {
  readonly operationId: string;
}

export async function insertGroupSnapshot(tx: Transaction, snapshot: NewGroupSnapshot): Promise<void> {
  await tx.groupSnapshot.create({ data: { ...snapshot, status: 'creating' } });
}

export interface MemberSnapshot {
  readonly id: string;
  readonly volumeId: string;
  readonly sizeGib: number;
  readonly volumeTypeId: string | null;
}

/** Its live snapshots, oldest first. */
export async function snapshotsOf(db: Transaction, groupSnapshotId: string): Promise<readonly MemberSnapshot[]> {
  return db.snapshot.findMany({
    where: { groupSnapshotId, deletedAt: null },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    select: { id: true, volumeId: true, sizeGib: true, volumeTypeId: true },
  });
}

/** True while the group has live group snapshots. */
export async function hasGroupSnapshots(db: Transaction, groupId: string): Promise<boolean> {
  return (await db.groupSnapshot.count({ where: { groupId, deletedAt: null } })) > 0;
}
