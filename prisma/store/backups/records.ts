// Backups that come from, and go to, another database by their record.
import { isUuid } from '../../../domain/ids.ts';
import type { Prisma } from '../../generated/client.ts';
import type { Transaction } from '../database/transaction.ts';

/** What the names of the backup's objects begin with. */
export async function objectPrefixOf(db: Transaction, id: string): Promise<string> {
  return prefixOf(await db.backup.findUniqueOrThrow({ where: { id } }));
}

type NamedBackup = Pick<Prisma.BackupGetPayload<object>, 'id' | 'serviceMetadata' | 'volumeId' | 'createdAt'>;

/** drivers/backup/chunked/names.ts derives the same. */
function prefixOf({ id, serviceMetadata, volumeId, createdAt }: NamedBackup): string {
  const timestamp = createdAt.toISOString().replace(/\..*|[-:T]/g, '');
  return serviceMetadata ?? `volume_${volumeId}_${timestamp}_backup_${id}`;
}

/**
 * Whether another backup that is to stay has the same objects: a record may be imported under another id beside the
 * backup that it was exported of. The last of them to be deleted takes the objects with it.
 */
export async function sharesObjects(db: Transaction, backup: NamedBackup): Promise<boolean> {
  const prefix = prefixOf(backup);
  const maker = prefix.slice(-uuidLength);
  const other = await db.backup.findFirst({
    where: {
      OR: [{ serviceMetadata: prefix }, ...(isUuid(maker) ? [{ id: maker }] : [])],
      id: { not: backup.id },
      deletedAt: null,
      status: { not: 'deleting' },
    },
    select: { id: true },
  });
  return other !== null;
}

const uuidLength = 36;

export type ImportedBackup = Omit<Prisma.BackupUncheckedCreateInput, 'status'>;

/** Inserts the row in `creating`; one that was deleted gives way to it. False when a live one has the id. */
export async function reviveOrInsertBackup(tx: Transaction, backup: ImportedBackup): Promise<boolean> {
  await tx.backup.deleteMany({ where: { id: backup.id, deletedAt: { not: null } } });
  const { count } = await tx.backup.createMany({ data: [{ ...backup, status: 'creating' }], skipDuplicates: true });
  return count === 1;
}
