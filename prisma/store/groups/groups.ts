// Groups of volumes and their snapshots as the API reads and makes them; who is in which group changes only here.
import { isUuid } from '../../../domain/ids.ts';
import { Prisma } from '../../generated/client.ts';
import { apiTime, columnsOf, readPage, type PageRequest, type Reader, type Source } from '../database/page-query.ts';
import { lockResource } from '../database/resource-status.ts';
import type { Transaction } from '../database/transaction.ts';

/** A group; times are texts as the API writes them. */
export interface GroupRow {
  readonly id: string;
  readonly name: string | null;
  readonly description: string | null;
  readonly projectId: string;
  readonly userId: string;
  readonly status: string;
  readonly groupTypeId: string;
  readonly volumeTypeIds: readonly string[];
  readonly availabilityZone: string;
  /** host@backend#pool, or null before it is placed. */
  readonly host: string | null;
  readonly groupSnapshotId: string | null;
  readonly sourceGroupId: string | null;
  readonly createdAt: string;
}

const selected = Prisma.sql`g.id, g.name, g.description, g.project_id AS "projectId", g.user_id AS "userId", g.status,
  g.group_type_id AS "groupTypeId", g.volume_type_ids AS "volumeTypeIds", g.availability_zone AS "availabilityZone",
  g.host, g.group_snapshot_id AS "groupSnapshotId", g.source_group_id AS "sourceGroupId",
  ${apiTime(Prisma.sql`g.created_at`)} AS "createdAt"`;

function source(projectId: string | null): Source {
  const live = Prisma.sql`g.deleted_at IS NULL`;
  return {
    from: Prisma.sql`volume_groups g`,
    columns: columnsOf({
      id: ['g.id', 'uuid'],
      name: ['g.name', 'text', 'nullable'],
      description: ['g.description', 'text', 'nullable'],
      status: ['g.status', 'text'],
      groupTypeId: ['g.group_type_id', 'uuid'],
      availabilityZone: ['g.availability_zone', 'text'],
      host: ['g.host', 'text', 'nullable'],
      projectId: ['g.project_id', 'text'],
      createdAt: ['g.created_at', 'timestamp'],
      updatedAt: ['g.updated_at', 'timestamp', 'nullable'],
    }),
    always: projectId === null ? live : Prisma.sql`g.project_id = ${projectId} AND ${live}`,
  };
}

/** A page of live groups; null when the marker is none of them. `projectId` null: every project's. */
export function listGroups(db: Reader, projectId: string | null, page: PageRequest): Promise<GroupRow[] | null> {
  return readPage<GroupRow>(db, source(projectId), selected, page);
}

/** A live group, of any project when `projectId` is null; null when there is none. */
export async function findGroup(db: Reader, id: string, projectId: string | null): Promise<GroupRow | null> {
  if (!isUuid(id)) return null;
  const rows = await db.$queryRaw<GroupRow[]>`
    SELECT ${selected} FROM volume_groups g WHERE g.id = ${id}::uuid AND ${source(projectId).always}`;
  return rows[0] ?? null;
}

export interface NewGroup {
  readonly id: string;
  readonly operationId: string;
  readonly name: string | null;
  readonly description: string | null;
  readonly projectId: string;
  readonly userId: string;
  readonly groupTypeId: string;
  readonly volumeTypeIds: readonly string[];
  readonly availabilityZone: string;
  readonly host: string | null;
  readonly groupSnapshotId: string | null;
  readonly sourceGroupId: string | null;
}

export async function insertGroup(tx: Transaction, group: NewGroup): Promise<void> {
  await tx.volumeGroup.create({ data: { ...group, volumeTypeIds: [...group.volumeTypeIds], status: 'creating' } });
}

export interface GroupMember {
  readonly id: string;
  readonly status: string;
  readonly sizeGib: number;
  readonly volumeTypeId: string | null;
  readonly attachStatus: string;
  readonly bootable: boolean;
  readonly multiattach: boolean;
  readonly availabilityZone: string;
}

/** The group's live volumes, oldest first. */
export async function membersOf(db: Transaction, groupId: string): Promise<readonly GroupMember[]> {
  return db.volume.findMany({ where: { groupId, deletedAt: null }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] });
}

/** Locks the group; null when it is gone. */
export async function lockGroup(tx: Transaction, id: string): Promise<{ readonly status: string } | null> {
  const state = await lockResource(tx, 'group', id);
  return state && (state.operationId === null ? state : { status: state.status });
}

export interface GroupChange {
  readonly name?: string;
  readonly description?: string;
  readonly addVolumeIds: readonly string[];
  readonly removeVolumeIds: readonly string[];
}

/** The caller holds the group's lock. */
export async function changeGroup(tx: Transaction, id: string, change: GroupChange): Promise<void> {
  const { addVolumeIds, removeVolumeIds, ...texts } = change;
  await tx.volumeGroup.update({ where: { id }, data: { ...texts, updatedAt: new Date() } });
  await tx.volume.updateMany({ where: { id: { in: [...addVolumeIds] }, groupId: null }, data: { groupId: id } });
  await tx.volume.updateMany({ where: { id: { in: [...removeVolumeIds] }, groupId: id }, data: { groupId: null } });
}

/** True when one of the group's volumes has live snapshots. */
export async function membersHaveSnapshots(tx: Transaction, groupId: string): Promise<boolean> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT s.id FROM snapshots s JOIN volumes v ON v.id = s.volume_id
    WHERE v.group_id = ${groupId}::uuid AND v.deleted_at IS NULL AND s.deleted_at IS NULL LIMIT 1`;
  return rows.length > 0;
}
