// Volume types, their extra specs and who may use private ones.
import { randomUUID } from 'node:crypto';
import { isUuid } from '../../../domain/ids.ts';
import { Prisma, type VolumeType } from '../../generated/client.ts';
import type { Entries } from '../database/json-entries.ts';
import { columnsOf, readPage, type PageRequest, type Reader, type Source } from '../database/page-query.ts';
import { isDuplicate, type Transaction } from '../database/transaction.ts';

export type { VolumeType };

export type ExtraSpecs = Entries;

/** Who asks: administrators see every type, others the public ones and those their project has access to. */
export interface TypeViewer {
  readonly projectId: string;
  readonly isAdmin: boolean;
}

/** Another live type has the name. */
export class TypeNameTakenError extends Error {}

/** The name of the type that volumes without one get when nothing else is configured. */
export const defaultTypeName = '__DEFAULT__';

/** Makes `__DEFAULT__` unless there is one; called at every start. */
export async function seedDefaultType(db: Transaction): Promise<void> {
  await db.$executeRaw`
    INSERT INTO volume_types (id, name, description, created_at)
    SELECT ${randomUUID()}::uuid, ${defaultTypeName}, 'Default Volume Type', ${new Date()}
    WHERE NOT EXISTS (SELECT 1 FROM volume_types WHERE name = ${defaultTypeName} AND deleted_at IS NULL)
    ON CONFLICT DO NOTHING`;
}

function visibleTo({ projectId, isAdmin }: TypeViewer, allowed: readonly string[]): Prisma.VolumeTypeWhereInput {
  return isAdmin || projectId === '' ? {} : { OR: [{ isPublic: true }, { id: { in: [...allowed] } }] };
}

async function allowedTypeIds(db: Transaction, { projectId, isAdmin }: TypeViewer): Promise<string[]> {
  if (isAdmin) return [];
  const rows = await db.volumeTypeAccess.findMany({ where: { projectId }, select: { volumeTypeId: true } });
  return rows.map((row) => row.volumeTypeId);
}

/** A live type that the viewer may see, by id; null when there is none. */
export async function findType(db: Transaction, viewer: TypeViewer, id: string): Promise<VolumeType | null> {
  if (!isUuid(id)) return null;
  const visible = visibleTo(viewer, await allowedTypeIds(db, viewer));
  return db.volumeType.findFirst({ where: { AND: [{ id, deletedAt: null }, visible] } });
}

/** A live type by name; null when there is none. */
export async function findTypeByName(db: Transaction, viewer: TypeViewer, name: string): Promise<VolumeType | null> {
  const visible = visibleTo(viewer, await allowedTypeIds(db, viewer));
  return db.volumeType.findFirst({ where: { AND: [{ name, deletedAt: null }, visible] } });
}

/** As a volume's `volume_type` names it: by id first, then by name. */
export async function findTypeByNameOrId(
  db: Transaction,
  viewer: TypeViewer,
  text: string,
): Promise<VolumeType | null> {
  return (await findType(db, viewer, text)) ?? findTypeByName(db, viewer, text);
}

/** The JSON column in which `extra_specs={…}` looks. */
export const typeExtraSpecColumns = [Prisma.sql`t.extra_specs`] as const;

const listedColumns = columnsOf({
  id: ['t.id', 'uuid'],
  name: ['t.name', 'text'],
  description: ['t.description', 'text', 'nullable'],
  isPublic: ['t.is_public', 'boolean'],
  createdAt: ['t.created_at', 'timestamp'],
  updatedAt: ['t.updated_at', 'timestamp', 'nullable'],
});

/**
 * A page of live types that the viewer may see; null when the marker is none of them. The column `offered` is true for
 * public types and those that the viewer's project has access to.
 */
export function listTypes(db: Reader, viewer: TypeViewer, page: PageRequest): Promise<VolumeType[] | null> {
  const offered = Prisma.sql`(t.is_public OR EXISTS (SELECT 1 FROM volume_type_access a
    WHERE a.volume_type_id = t.id AND a.project_id = ${viewer.projectId}))`;
  const live = Prisma.sql`t.deleted_at IS NULL`;
  const source: Source = {
    from: Prisma.sql`volume_types t`,
    columns: { ...listedColumns, offered: { sql: offered, type: 'boolean', nullable: false } },
    always: viewer.isAdmin ? live : Prisma.sql`${live} AND ${offered}`,
  };
  const selected = Prisma.sql`t.id, t.name, t.description, t.is_public AS "isPublic", t.extra_specs AS "extraSpecs",
    t.qos_specs_id AS "qosSpecsId"`;
  return readPage<VolumeType>(db, source, selected, page);
}

/** Names of all live types, the newest first: each has quotas of its own. */
export async function listTypeNames(db: Transaction): Promise<string[]> {
  const rows = await db.volumeType.findMany({
    where: { deletedAt: null },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    select: { name: true },
  });
  return rows.map((row) => row.name);
}

export interface NewType {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly isPublic: boolean;
  readonly extraSpecs: ExtraSpecs;
}

/** Throws TypeNameTakenError. */
export function createType(tx: Transaction, type: NewType): Promise<VolumeType> {
  return tx.volumeType.create({ data: { ...type, extraSpecs: { ...type.extraSpecs } } }).catch(nameTaken);
}

/** Changes what is given; a new name takes the type's quota counters and limits along. Throws TypeNameTakenError. */
export async function updateType(
  tx: Transaction,
  type: VolumeType,
  change: { readonly name?: string; readonly description?: string; readonly isPublic?: boolean },
): Promise<VolumeType> {
  const updated = await tx.volumeType
    .update({ where: { id: type.id }, data: { ...change, updatedAt: new Date() } })
    .catch(nameTaken);
  if (updated.name !== type.name) await renameCounters(tx, type.name, updated.name);
  return updated;
}

function nameTaken(error: unknown): never {
  if (isDuplicate(error)) throw new TypeNameTakenError();
  throw error;
}

/** Quota counters carry the type's name, and unfinished operations remember which ones to give back. */
async function renameCounters(tx: Transaction, from: string, to: string): Promise<void> {
  for (const kind of ['volumes', 'gigabytes', 'snapshots']) {
    const [old, now] = [`${kind}_${from}`, `${kind}_${to}`];
    // A counter that an earlier type of that name has left behind is not ours.
    await tx.quotaUsage.deleteMany({ where: { resource: now, inUse: 0 } });
    await tx.quotaUsage.updateMany({ where: { resource: old }, data: { resource: now } });
    await tx.quotaLimit.deleteMany({ where: { resource: now } });
    await tx.quotaLimit.updateMany({ where: { resource: old }, data: { resource: now } });
    await tx.$executeRaw`
      UPDATE operations SET quota = (
        SELECT jsonb_agg(CASE WHEN change->>'resource' = ${old}
          THEN jsonb_set(change, '{resource}', to_jsonb(${now}::text)) ELSE change END)
        FROM jsonb_array_elements(quota) AS change)
      WHERE finished_at IS NULL AND quota @> jsonb_build_array(jsonb_build_object('resource', ${old}::text))`;
  }
}

/** Locks a live type until the transaction ends, so that nothing begins to use it meanwhile; false when it is gone. */
export async function lockType(tx: Transaction, id: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM volume_types WHERE id = ${id}::uuid AND deleted_at IS NULL FOR UPDATE`;
  return rows.length > 0;
}

export async function isTypeInUse(tx: Transaction, id: string): Promise<boolean> {
  return (await tx.volume.findFirst({ where: { volumeTypeId: id, deletedAt: null }, select: { id: true } })) !== null;
}

export async function deleteType(tx: Transaction, id: string): Promise<void> {
  await tx.volumeType.updateMany({ where: { id, deletedAt: null }, data: { deletedAt: new Date() } });
  await tx.volumeTypeAccess.deleteMany({ where: { volumeTypeId: id } });
}

export async function listTypeAccess(db: Transaction, volumeTypeId: string): Promise<string[]> {
  const rows = await db.volumeTypeAccess.findMany({ where: { volumeTypeId }, orderBy: { projectId: 'asc' } });
  return rows.map((row) => row.projectId);
}

/** False when the project has access already. */
export async function addTypeAccess(tx: Transaction, volumeTypeId: string, projectId: string): Promise<boolean> {
  const { count } = await tx.volumeTypeAccess.createMany({ data: [{ volumeTypeId, projectId }], skipDuplicates: true });
  return count > 0;
}

/** False when the project had no access. */
export async function removeTypeAccess(tx: Transaction, volumeTypeId: string, projectId: string): Promise<boolean> {
  const { count } = await tx.volumeTypeAccess.deleteMany({ where: { volumeTypeId, projectId } });
  return count > 0;
}
