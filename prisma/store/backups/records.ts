// Backups that come from, and go to, another database by their record.
import type { Prisma } from '../../generated/client.ts';
import type { Transaction } from '../database/transaction.ts';

/** What the names of the backup's objects begin with; drivers/backup/chunked/names.ts derives the same. */
export async function objectPrefixOf(db: Transaction, id: string): Promise<string> {
  const { serviceMetadata, volumeId, createdAt } = await db.backup.findUniqueOrThrow({ where: { id } });
  const timestamp = createdAt.toISOString().replace(/\..*|[-:T]/g, '');
  return serviceMetadata ?? `volume_${volumeId}_${timestamp}_backup_${id}`;
}

export type ImportedBackup = Omit<Prisma.BackupUncheckedCreateInput, 'status'>;

/** Inserts the row in `creating`; one that was deleted gives way to it. False when a live one has the id. */
export async function reviveOrInsertBackup(tx: Transaction, backup: ImportedBackup): Promise<boolean> {
  await tx.backup.deleteMany({ where: { id: backup.id, deletedAt: { not: null } } });
  const { count } = await tx.backup.createMany({ data: [{ ...backup, status: 'creating' }], skipDuplicates: true });
  return count === 1;
}
