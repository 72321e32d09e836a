// Restoring a backup: to a volume that is there, or to a new one of the default type.
import { StatusConflictError } from '../../prisma/store/operations/accept-types.ts';
import { ancestorIds, type BackupRow } from '../../prisma/store/backups/backups.ts';
import { noteRestore } from '../../prisma/store/backups/new-backup.ts';
import { insertVolume, type NewVolume } from '../../prisma/store/volumes/new-volume.ts';
import { volumeQuota } from '../../domain/quota.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { mustFindVolume } from '../volumes/lookup.ts';
import { checkVolumeSize } from '../volumes/size-limit.ts';
import { chooseType, isMultiattach } from '../volumes/type-choice.ts';
import { zoneOf } from '../volumes/zone.ts';
import { submitOperation } from '../operations/submit.ts';

export interface RestoreWish {
  readonly name?: string | null;
  readonly volume_id?: string | null;
}

const mustBeAvailable = 'Backup status must be available';
const volumeMustBeAvailable = 'Volume to be restored to must be available';

/** Accepts the restore and answers where the bytes go. */
export async function restoreBackup(context: RequestContext, backup: BackupRow, wish: RestoreWish): Promise<Answer> {
  if (backup.status !== 'available') throw new ApiError('InvalidBackup', { reason: mustBeAvailable });
  try {
    const { id, name } = wish.volume_id
      ? await restoreInto(context, backup, wish.volume_id)
      : await restoreToNew(context, backup, wish.name ?? null);
    return { status: 202, body: { restore: { backup_id: backup.id, volume_id: id, volume_name: name } } };
  } catch (error) {
    if (!(error instanceof StatusConflictError) || error.status === null) throw error;
    if (error.resource === 'volume') throw new ApiError('InvalidVolume', { reason: volumeMustBeAvailable });
    throw new ApiError('InvalidBackup', { reason: mustBeAvailable });
  }
}

interface RestoredTo {
  readonly id: string;
  readonly name: string | null;
}

async function restoreInto(context: RequestContext, backup: BackupRow, volumeId: string): Promise<RestoredTo> {
  const volume = await mustFindVolume(context, volumeId);
  if (volume.status !== 'available') throw new ApiError('InvalidVolume', { reason: volumeMustBeAvailable });
  if (backup.sizeGib > volume.sizeGib) {
    const reason = `volume size ${volume.sizeGib} is too small to restore backup of size ${backup.sizeGib}.`;
    throw new ApiError('InvalidVolume', { reason });
  }
  await submitOperation(context, {
    ...(await common(context, backup, volume.id)),
    input: { backupId: backup.id, volumeId: volume.id, newVolume: false },
    within: (tx) => noteRestore(tx, backup.id, volume.id),
  });
  return volume;
}

async function restoreToNew(context: RequestContext, backup: BackupRow, name: string | null): Promise<RestoredTo> {
  const nowhere = { snapshot: null, snapshotVolume: null, volume: null, backup, image: null, group: null };
  const type = await chooseType(context, nowhere, null);
  await checkVolumeSize(context, backup.sizeGib);
  const volume: NewVolume = {
    id: context.newId('volume'),
    operationId: context.operationId,
    name: name ?? `restore_backup_${backup.id}`,
    description: 'auto-created_from_restore_from_backup',
    projectId: context.projectId,
    userId: context.userId,
    sizeGib: backup.sizeGib,
    availabilityZone: await zoneOf(context, nowhere, null),
    volumeTypeId: type.id,
    snapshotId: null,
    sourceVolumeId: null,
    bootable: false,
    multiattach: isMultiattach(type),
    metadata: {},
    schedulerHints: null,
    createdAt: new Date(),
  };
  await submitOperation(context, {
    ...(await common(context, backup, volume.id)),
    input: { backupId: backup.id, volumeId: volume.id, newVolume: true },
    quota: volumeQuota(1, volume.sizeGib, type.name),
    within: async (tx) => {
      await insertVolume(tx, volume);
      await noteRestore(tx, backup.id, volume.id);
    },
  });
  return volume;
}

async function common(context: RequestContext, backup: BackupRow, volumeId: string) {
  const ancestors = await ancestorIds(context.db, backup.id);
  return {
    kind: 'backupRestore',
    operationId: context.operationId,
    resourceId: backup.id,
    projectId: context.projectId,
    userId: context.userId,
    requestId: context.requestId,
    claims: [
      { resource: 'backup', id: backup.id },
      { resource: 'volume', id: volumeId },
    ],
    reads: ancestors.map((id) => ({ resource: 'backup', id }) as const),
  } as const;
}
