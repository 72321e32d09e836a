// Group types and their specs.
import { randomUUID } from 'node:crypto';
import { isUuid } from '../../../domain/ids.ts';
import { Prisma, type GroupType } from '../../generated/client.ts';
import type { Entries } from '../database/json-entries.ts';
import { columnsOf, readPage, type PageRequest, type Reader, type Source } from '../database/page-query.ts';
import { isDuplicate, type Transaction } from '../database/transaction.ts';

export type { GroupType };

/** Another live group type has the name. */
export class GroupTypeNameTakenError extends Error {}

const cgsnapshotTypeName = 'default_cgsnapshot_type';

/** Makes the type that every Cinder has, for groups of former consistency groups; called at every start. */
export async function seedGroupType(db: Transaction): Promise<void> {
  await db.$executeRaw`
    INSERT INTO group_types (id, name, description, group_specs, created_at)
    SELECT ${randomUUID()}::uuid, ${cgsnapshotTypeName}, 'Default group type for migrating cgsnapshot',
      '{"consistent_group_snapshot_enabled": "<is> True"}', ${new Date()}
    WHERE NOT EXISTS (SELECT 1 FROM group_types WHERE name = ${cgsnapshotTypeName} AND deleted_at IS NULL)
    ON CONFLICT DO NOTHING`;
}

const source: Source = {
  from: Prisma.sql`group_types g`,
  columns: columnsOf({
    id: ['g.id', 'uuid'],
    name: ['g.name', 'text'],
    description: ['g.description', 'text', 'nullable'],
    isPublic: ['g.is_public', 'boolean'],
    offered: ['g.is_public', 'boolean'],
    createdAt: ['g.created_at', 'timestamp'],
    updatedAt: ['g.updated_at', 'timestamp', 'nullable'],
  }),
  always: Prisma.sql`g.deleted_at IS NULL`,
};

/** A page of live group types; null when the marker is none of them. */
export function listGroupTypes(db: Reader, page: PageRequest): Promise<GroupType[] | null> {
  const selected = Prisma.sql`g.id, g.name, g.description, g.is_public AS "isPublic", g.group_specs AS "groupSpecs"`;
  return readPage<GroupType>(db, source, selected, page);
}

/** Who sees which: an administrator all, others the public ones. */
export function findGroupType(
  db: Transaction,
  { isAdmin }: { readonly isAdmin: boolean },
  id: string,
): Promise<GroupType | null> {
  if (!isUuid(id)) return Promise.resolve(null);
  return db.groupType.findFirst({ where: { id, deletedAt: null, ...(isAdmin ? {} : { isPublic: true }) } });
}

export function findGroupTypeByName(db: Transaction, name: string): Promise<GroupType | null> {
  return db.groupType.findFirst({ where: { name, deletedAt: null } });
}

/** Locks a live group type until the transaction ends, so that nothing begins to use it meanwhile; null when gone. */
export async function lockGroupType(tx: Transaction, id: string): Promise<GroupType | null> {
  if (!isUuid(id)) return null;
  await tx.$queryRaw`SELECT 1 FROM group_types WHERE id = ${id}::uuid FOR UPDATE`;
  return findGroupType(tx, { isAdmin: true }, id);
}

export interface NewGroupType {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly isPublic: boolean;
  readonly groupSpecs: Entries;
}

/** Throws GroupTypeNameTakenError. */
export function createGroupType(tx: Transaction, type: NewGroupType): Promise<GroupType> {
  return tx.groupType.create({ data: { ...type, groupSpecs: { ...type.groupSpecs } } }).catch(nameTaken);
}

export interface GroupTypeChange {
  readonly name?: string;
  readonly description?: string;
  readonly isPublic?: boolean;
}

/** Changes what is given. Throws GroupTypeNameTakenError. */
export function updateGroupType(tx: Transaction, id: string, change: GroupTypeChange): Promise<GroupType> {
  return tx.groupType.update({ where: { id }, data: { ...change, updatedAt: new Date() } }).catch(nameTaken);
}

export async function deleteGroupType(tx: Transaction, id: string): Promise<void> {
  await tx.groupType.update({ where: { id }, data: { deletedAt: new Date() } });
}

function nameTaken(error: unknown): never {
  if (isDuplicate(error)) throw new GroupTypeNameTakenError();
  throw error;
}
