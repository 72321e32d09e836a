// Exporting a backup's record and importing one: a backup outlives the database that knew it.
import { backupQuota } from '../../domain/quota.ts';
import { objectPrefixOf, reviveOrInsertBackup } from '../../prisma/store/backups/records.ts';
import type { BackupRow } from '../../prisma/store/backups/backups.ts';
import { countBackupHosts } from '../../prisma/store/services/services.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { decodeRecord, encodeRecord } from './record.ts';
import { backupSummaryView } from './view.ts';
import { submitOperation } from '../operations/submit.ts';

/** Answers the record. Throws InvalidBackup unless the backup is whole. */
export async function exportBackup(context: RequestContext, backup: BackupRow): Promise<Answer> {
  if (backup.status !== 'available') {
    throw new ApiError('InvalidBackup', { reason: `Backup status must be available and not ${backup.status}.` });
  }
  const prefix = await objectPrefixOf(context.db, backup.id);
  return {
    body: { 'backup-record': { backup_service: backup.service, backup_url: encodeRecord(backup, prefix) } },
  };
}

interface ImportWish {
  readonly backup_service: string;
  readonly backup_url: string;
}

/** Accepts the import and answers the backup. Throws InvalidInput, InvalidBackup, ServiceNotFound. */
export async function importBackup(context: RequestContext, wish: ImportWish): Promise<Answer> {
  if ((await countBackupHosts(context.db)) === 0) {
    throw new ApiError('ServiceNotFound', { service_id: wish.backup_service });
  }
  const record = decodeRecord(wish.backup_url);
  const { id, size: sizeGib } = record;
  const time = (text: string | null | undefined): Date => (text ? new Date(text) : new Date());
  const backup = {
    id,
    operationId: context.operationId,
    volumeId: record.volume_id,
    snapshotId: null,
    parentId: record.parent_id ?? null,
    name: record.display_name ?? null,
    description: record.display_description ?? null,
    projectId: context.projectId,
    userId: context.userId,
    sizeGib,
    container: record.container ?? null,
    serviceMetadata: record.service_metadata ?? null,
    objectCount: record.object_count,
    service: wish.backup_service,
    availabilityZone: context.config.storageAvailabilityZone,
    metadata: record.metadata ?? {},
    createdAt: time(record.created_at),
    dataTimestamp: time(record.data_timestamp ?? record.created_at),
  };
  await submitOperation(context, {
    kind: 'backupImport',
    resourceId: id,
    input: { backupId: id, preferredHost: record.host ?? '' },
    claims: [{ resource: 'backup', id }],
    quota: backupQuota(1, sizeGib),
    within: async (tx) => {
      if (await reviveOrInsertBackup(tx, backup)) return;
      throw new ApiError('InvalidBackup', { reason: 'Backup already exists in database.' });
    },
  });
  return { status: 201, body: { backup: backupSummaryView(context)(backup) } };
}
