// What a new volume is made from, and whether that can be: nothing, a snapshot, a volume, a backup, an image.
import type { Image } from '../../domain/images.ts';
import { findBackup, type BackupRow } from '../../prisma/store/backups/backups.ts';
import { findGroup, type GroupRow } from '../../prisma/store/groups/groups.ts';
import { findSnapshot, type SnapshotRow } from '../../prisma/store/snapshots/snapshots.ts';
import { findVolume, type VolumeRow } from '../../prisma/store/volumes/volumes.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { pyStr } from '../http/python.ts';
import { mustFindImage } from '../images/find.ts';
import { bootSnapshotOf } from '../images/nova-image.ts';
import { visibleTo } from '../lists/list.ts';
import { mustFindVolume } from './lookup.ts';
import type { CreateVolumeBody } from './schema.ts';
import { microversions } from '../http/microversion-table.ts';

export interface VolumeSources {
  readonly snapshot: SnapshotRow | null;
  /** The snapshot's volume. */
  readonly snapshotVolume: VolumeRow | null;
  readonly volume: VolumeRow | null;
  readonly backup: BackupRow | null;
  readonly image: Image | null;
  /** The group that it will belong to. */
  readonly group: GroupRow | null;
}

/** Looks up what the body names, in Cinder's order. Throws the fault of the first that is not there. */
export async function findSources(context: RequestContext, { volume: wish }: CreateVolumeBody): Promise<VolumeSources> {
  const visible = visibleTo(context);
  const named = wish.snapshot_id ? await findSnapshot(context.db, wish.snapshot_id, visible) : null;
  if (wish.snapshot_id && !named) throw new ApiError('SnapshotNotFound', { snapshot_id: wish.snapshot_id });
  const volume = wish.source_volid ? await mustFindVolume(context, wish.source_volid) : null;
  const groupId = wish.consistencygroup_id ?? wish.group_id ?? null;
  const group = groupId === null ? null : await findGroup(context.db, pyStr(groupId), visible);
  if (groupId !== null && !group) throw new ApiError('GroupNotFound', { group_id: pyStr(groupId) });
  const imageRef = wish.imageRef ?? wish.image_id ?? null;
  const found = imageRef === null ? null : await mustFindImage(context, imageRef);
  const bootSnapshot = found && (await findBootSnapshot(context, found));
  const isSnapshot = bootSnapshot !== null && context.atLeast(microversions.volumeCluster);
  const [snapshot, image] = isSnapshot ? [bootSnapshot, null] : [named, found];
  const backupId = wish.backup_id ? pyStr(wish.backup_id) : null;
  const backup = backupId === null ? null : await findBackup(context.db, backupId, visible);
  if (backupId !== null && !backup) throw new ApiError('BackupNotFound', { backup_id: backupId });
  const snapshotVolume = snapshot ? await findVolume(context.db, snapshot.volumeId, null) : null;
  checkStatuses({ snapshot, snapshotVolume, volume, backup, image, group });
  if (group && !['available', 'creating'].includes(group.status)) {
    const reason = `Originating group status must be one of 'available, creating' values`;
    throw new ApiError('InvalidGroup', { reason });
  }
  return { snapshot, snapshotVolume, volume, backup, image, group };
}

/** The snapshot in the place of an image that Nova made of a server that boots from a volume. Throws NotFound. */
async function findBootSnapshot(context: RequestContext, image: Image): Promise<SnapshotRow | null> {
  const boot = bootSnapshotOf(image);
  if (boot === null) return null;
  const snapshot = await findSnapshot(context.db, boot.snapshotId, visibleTo(context));
  if (snapshot) return snapshot;
  const detail = `Nova specific image is found, but boot volume snapshot id:${boot.snapshotId} not found.`;
  throw new ApiError('NotFound', { detail });
}

function checkStatuses({ snapshot, volume, backup, image }: VolumeSources): void {
  const named = [snapshot, volume, backup, image].filter((source) => source !== null);
  if (named.length > 1) {
    throw new ApiError('InvalidInput', { reason: 'May specify only one of backup, imageRef, snapshot, source volume' });
  }
  const mustBe = (what: string, statuses: readonly string[]): string =>
    `Originating ${what} status must be one of '${statuses.join(', ')}' values`;
  if (snapshot && snapshot.status !== 'available') {
    throw new ApiError('InvalidSnapshot', { reason: mustBe('snapshot', ['available']) });
  }
  if (volume && !['available', 'in-use'].includes(volume.status)) {
    throw new ApiError('InvalidVolume', { reason: mustBe('source volume', ['available', 'in-use']) });
  }
  if (backup && backup.status !== 'available') {
    throw new ApiError('InvalidBackup', { reason: mustBe('backup', ['available']) });
  }
}

/** The size asked for or the source's, in GiB. Throws InvalidInput, and MalformedRequest when nothing says it. */
export function sizeOf({ snapshot, volume, backup }: VolumeSources, wished: number | null | undefined): number {
  const least = volume?.sizeGib ?? snapshot?.sizeGib ?? backup?.sizeGib;
  const size = wished ?? least;
  if (size === undefined) throw new ApiError('MalformedRequest');
  if (least === undefined || size >= least) return size;
  throw new ApiError('InvalidInput', { reason: tooSmall({ snapshot, volume }, size, least) });
}

function tooSmall(sources: Pick<VolumeSources, 'snapshot' | 'volume'>, size: number, least: number): string {
  if (sources.volume) {
    return `Volume size '${size}'GB cannot be smaller than original volume size  ${least}GB. They must be >= original volume size.`;
  }
  if (sources.snapshot) {
    return `Volume size '${size}'GB cannot be smaller than the snapshot size ${least}GB. They must be >= original snapshot size.`;
  }
  return `Volume size ${size}GB cannot be smaller than the backup size ${least}GB. It must be >= backup size.`;
}
