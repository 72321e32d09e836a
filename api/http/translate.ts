// What the store and the operations throw, as faults for the client; routes translate first where Cinder's words differ.
import { QuotaExceededError, StatusConflictError } from '../../prisma/store/operations/accept-types.ts';
import { isDatabaseAway } from '../../prisma/store/database/health.ts';
import { BacklogFullError, OperationTimeoutError } from '../operations/starter.ts';
import { ApiError } from './errors.ts';

/** Cinder's words for a quota that would be exceeded; `G` figures for gigabytes, counts for the rest. */
export function quotaFault(error: QuotaExceededError): ApiError {
  const { resource, requested, inUse: consumed, limit } = error;
  if (resource === 'backup_gigabytes') {
    return new ApiError('VolumeBackupSizeExceedsAvailableQuota', { requested, quota: limit, consumed });
  }
  if (resource === 'backups') return new ApiError('BackupLimitExceeded', { allowed: limit });
  if (resource.startsWith('gigabytes')) {
    return new ApiError('VolumeSizeExceedsAvailableQuota', { name: resource, requested, quota: limit, consumed });
  }
  if (resource.startsWith('volumes')) return new ApiError('VolumeLimitExceeded', { allowed: limit, name: resource });
  if (resource.startsWith('snapshots')) return new ApiError('SnapshotLimitExceeded', { allowed: limit });
  return new ApiError('UnexpectedOverQuota', { name: resource });
}

/** A resource that is in another status than a request needs, where the route has no better words. */
export function conflictFault({ resource, id, status }: StatusConflictError): ApiError {
  if (status === null) return goneFaults[resource](id);
  const reason = `${resource} ${id} is in status ${status}, which does not allow this.`;
  if (resource === 'snapshot') return new ApiError('InvalidSnapshot', { reason });
  if (resource === 'group') return new ApiError('InvalidGroup', { reason });
  if (resource === 'groupSnapshot') return new ApiError('InvalidGroupSnapshot', { reason });
  return resource === 'backup' ? new ApiError('InvalidBackup', { reason }) : new ApiError('InvalidVolume', { reason });
}

const goneFaults = {
  volume: (id: string) => new ApiError('VolumeNotFound', { volume_id: id }),
  snapshot: (id: string) => new ApiError('SnapshotNotFound', { snapshot_id: id }),
  backup: (id: string) => new ApiError('BackupNotFound', { backup_id: id }),
  group: (id: string) => new ApiError('GroupNotFound', { group_id: id }),
  groupSnapshot: (id: string) => new ApiError('GroupSnapshotNotFound', { group_snapshot_id: id }),
  attachment: (id: string) => new ApiError('VolumeAttachmentNotFound', { filter: `attachment_id = ${id}` }),
} as const;

/** The fault for anything thrown; what is not foreseen is `Internal`, and its cause stays in the log. */
export function faultOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof QuotaExceededError) return quotaFault(error);
  if (error instanceof StatusConflictError) return conflictFault(error);
  if (isDatabaseAway(error)) return new ApiError('DatabaseAway', {}, { 'Retry-After': '2' });
  if (error instanceof BacklogFullError) return new ApiError('BacklogFull', {}, { 'Retry-After': '10' });
  // Cinder's MessagingTimeout: a 500 without details. The operation goes on; the same request joins it.
  if (error instanceof OperationTimeoutError) return new ApiError('Internal');
  return new ApiError('Internal');
}

/** True for faults that are ours to repair, and so belong into the log with their cause. */
export function isUnforeseen(error: unknown): boolean {
  return ['Internal', 'DatabaseAway'].includes(faultOf(error).name) && !(error instanceof ApiError);
}
