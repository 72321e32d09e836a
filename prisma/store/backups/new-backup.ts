// The row of a backup that an operation is about to make, and the guards of deleting and restoring one.
import { lockResource } from '../database/resource-status.ts';
import type { Transaction } from '../database/transaction.ts';
import type { Metadata } from '../volumes/volumes.ts';

export interface NewBackup {
  readonly id: string;
  readonly operationId: string;
  readonly volumeId: string;
  readonly snapshotId: string | null;
  readonly parentId: string | null;
  readonly name: string | null;
  readonly description: string | null;
  readonly projectId: string;
  readonly userId: string;
  readonly sizeGib: number;
  readonly volumeTypeId: string | null;
  readonly container: string | null;
  readonly availabilityZone: string | null;
  readonly metadata: Metadata;
  readonly createdAt: Date;
}

/** Inserts the row in `creating`. A snapshot's data is as old as the snapshot, a volume's as old as the backup. */
export async function insertBackup(tx: Transaction, backup: NewBackup): Promise<void> {
  const snapshot = backup.snapshotId
    ? await tx.snapshot.findUnique({ where: { id: backup.snapshotId }, select: { createdAt: true } })
    : null;
  const dataTimestamp = snapshot?.createdAt ?? backup.createdAt;
  await tx.backup.create({ data: { ...backup, dataTimestamp, status: 'creating' } });
}

/** Locks the backup and answers whether incremental ones build on it. */
export async function lockForBackupDelete(tx: Transaction, id: string): Promise<{ readonly hasDependents: boolean }> {
  await lockResource(tx, 'backup', id);
  return { hasDependents: (await tx.backup.count({ where: { parentId: id, deletedAt: null } })) > 0 };
}

/** Notes the volume that a backup is being restored to. */
export async function noteRestore(tx: Transaction, backupId: string, volumeId: string): Promise<void> {
  await tx.backup.updateMany({ where: { id: backupId }, data: { restoreVolumeId: volumeId } });
}
