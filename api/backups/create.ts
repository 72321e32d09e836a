// Creating a backup: of a volume (attached only by force) or of one of its snapshots, full or incremental.
import { backupQuota } from '../../domain/quota.ts';
import { StatusConflictError, type ResourceUse } from '../../prisma/store/operations/accept-types.ts';
import { chooseParent } from '../../prisma/store/backups/backups.ts';
import { insertBackup, type NewBackup } from '../../prisma/store/backups/new-backup.ts';
import { findSnapshot, type SnapshotRow } from '../../prisma/store/snapshots/snapshots.ts';
import type { VolumeRow } from '../../prisma/store/volumes/volumes.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { visibleTo } from '../lists/list.ts';
import { mustFindVolume } from '../volumes/lookup.ts';
import { backupPolicy } from './policy.ts';
import type { CreateBackupWish } from './schema.ts';
import { backupSummaryView } from './view.ts';
import { submitOperation } from '../operations/submit.ts';

/** Accepts the backup and answers its id. */
export async function createBackup(context: RequestContext, wish: CreateBackupWish): Promise<Answer> {
  const volume = await mustFindVolume(context, wish.volume_id);
  context.authorize(backupPolicy.create, volume);
  const snapshot = wish.snapshot_id ? await snapshotOf(context, volume, wish.snapshot_id) : null;
  if (!snapshot) mustBeBackable(volume, wish.force ?? false);
  const parentId = wish.incremental ? await parentOf(context, volume, snapshot) : null;
  const backup: NewBackup = {
    id: context.newId('backup'),
    operationId: context.operationId,
    volumeId: volume.id,
    snapshotId: snapshot?.id ?? null,
    parentId,
    name: wish.name ?? null,
    description: wish.description ?? null,
    projectId: context.projectId,
    userId: context.userId,
    sizeGib: volume.sizeGib,
    volumeTypeId: volume.volumeTypeId,
    container: wish.container ?? null,
    availabilityZone: wish.availability_zone ?? context.config.storageAvailabilityZone,
    metadata: wish.metadata ?? {},
    createdAt: new Date(),
  };
  await submit(context, backup, wish);
  return { status: 202, body: { backup: backupSummaryView(context)(backup) } };
}

async function submit(context: RequestContext, backup: NewBackup, wish: CreateBackupWish): Promise<void> {
  const { id, volumeId, snapshotId, parentId, container, sizeGib } = backup;
  const source: ResourceUse = snapshotId
    ? { resource: 'snapshot', id: snapshotId }
    : { resource: 'volume', id: volumeId };
  try {
    await submitOperation(context, {
      kind: 'backupCreate',
      resourceId: id,
      input: {
        ...{ backupId: id, volumeId, snapshotId, container, parentId },
        incremental: parentId !== null,
        force: wish.force ?? false,
      },
      claims: [{ resource: 'backup', id }, source],
      // A snapshot's bytes are its volume's to serve, so the volume stays, too.
      reads: [
        ...(snapshotId ? [{ resource: 'volume', id: volumeId } as const] : []),
        ...(parentId ? [{ resource: 'backup', id: parentId } as const] : []),
      ],
      quota: backupQuota(1, sizeGib),
      within: (tx) => insertBackup(tx, backup),
    });
  } catch (error) {
    throw error instanceof StatusConflictError ? conflict(error) : error;
  }
}

function conflict(error: StatusConflictError): Error {
  if (error.status === null) return error;
  if (error.resource === 'volume') return new ApiError('InvalidVolume', { reason: notBackable(error.status) });
  if (error.resource === 'snapshot')
    return new ApiError('InvalidSnapshot', { reason: snapshotNotBackable(error.status) });
  return new ApiError('InvalidBackup', { reason: noParent });
}

const noParent = 'No backups available to do an incremental backup.';

const notBackable = (status: string): string =>
  `Volume to be backed up must be available or in-use, but the current status is "${status}".`;

const snapshotNotBackable = (status: string): string =>
  `Snapshot to be backed up must be available, but the current status is "${status}".`;

async function snapshotOf(context: RequestContext, volume: VolumeRow, id: string): Promise<SnapshotRow> {
  const snapshot = await findSnapshot(context.db, id, visibleTo(context));
  if (!snapshot) throw new ApiError('SnapshotNotFound', { snapshot_id: id });
  if (snapshot.volumeId !== volume.id) {
    const reason = `Volume ${volume.id} does not match with snapshot.volume_id ${snapshot.volumeId}.`;
    throw new ApiError('InvalidVolume', { reason });
  }
  if (snapshot.status !== 'available') {
    throw new ApiError('InvalidSnapshot', { reason: snapshotNotBackable(snapshot.status) });
  }
  return snapshot;
}

function mustBeBackable({ status }: VolumeRow, force: boolean): void {
  if (status === 'available' || (status === 'in-use' && force)) return;
  const reason = status === 'in-use' ? 'Backing up an in-use volume must use the force flag.' : notBackable(status);
  throw new ApiError('InvalidVolume', { reason });
}

async function parentOf(context: RequestContext, volume: VolumeRow, snapshot: SnapshotRow | null): Promise<string> {
  const { parentId } = await chooseParent(context.db, {
    volumeId: volume.id,
    projectId: context.projectId,
    snapshotId: snapshot?.id ?? null,
  });
  if (parentId === null) throw new ApiError('InvalidBackup', { reason: noParent });
  return parentId;
}
