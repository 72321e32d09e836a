// What the control steps know about connections: attachments' connection_info, shared exports, backup hosts.
import { isUuid } from '../../../domain/ids.ts';
import type { Prisma, PrismaClient } from '../../generated/client.ts';
import { holdClaim, type ClaimPair } from '../operations/fence.ts';

export interface ConnectionRecord {
  readonly claim: ClaimPair;
  readonly attachmentId: string;
  readonly connection: object;
  readonly connector: Readonly<Record<string, unknown>> | null;
}

/** Writes the connection onto the attachment under the claim. Throws StaleClaimError. */
export async function recordConnection(db: PrismaClient, record: ConnectionRecord): Promise<void> {
  await db.$transaction(async (tx) => {
    await holdClaim(tx, record.claim);
    const host = record.connector?.['host'];
    await tx.attachment.update({
      where: { id: record.attachmentId },
      data: {
        connectionInfo: record.connection,
        ...(record.connector ? { connector: record.connector as Prisma.InputJsonObject } : {}),
        ...(typeof host === 'string' ? { attachedHost: host } : {}),
        updatedAt: new Date(),
      },
    });
  });
}

/** True while a live attachment other than `attachmentId` has been given a connection to this volume. */
export async function othersUseExport(
  db: PrismaClient,
  volumeId: string,
  attachmentId: string | null,
): Promise<boolean> {
  const others = await db.attachment.count({
    where: {
      volumeId,
      deletedAt: null,
      attachStatus: { not: 'reserved' },
      ...(attachmentId === null ? {} : { id: { not: attachmentId } }),
    },
  });
  return others > 0;
}

export interface BackupHostChoice {
  readonly claim: ClaimPair;
  readonly backupId: string;
  /** The volume's own host: a backup made there needs no network. */
  readonly preferredHost: string;
  readonly serviceDownTimeS: number;
}

/**
 * Chooses the host that makes a backup, once: a repeat answers the same one. Prefers the volume's host, then the first
 * by name. Null when none is up and enabled. Throws StaleClaimError.
 */
export async function chooseBackupHost(db: PrismaClient, choice: BackupHostChoice): Promise<string | null> {
  return db.$transaction(async (tx) => {
    await holdClaim(tx, choice.claim);
    const backup = await tx.backup.findUniqueOrThrow({ where: { id: choice.backupId } });
    if (backup.host !== null) return backup.host;
    const oldest = new Date(Date.now() - choice.serviceDownTimeS * 1000);
    const services = await tx.service.findMany({
      where: { binary: 'cinder-backup', disabled: false, reportedAt: { gte: oldest } },
      orderBy: { host: 'asc' },
    });
    const chosen = services.find((service) => service.host === choice.preferredHost) ?? services[0];
    if (!chosen) return null;
    await tx.backup.update({ where: { id: choice.backupId }, data: { host: chosen.host } });
    return chosen.host;
  });
}

export interface AttachedInstance {
  readonly instanceId: string;
  readonly computeHost: string;
}

/** Instances that a compute worker has plugged the volume into. */
export async function attachedInstances(db: PrismaClient, volumeId: string): Promise<AttachedInstance[]> {
  const attachments = await db.attachment.findMany({
    where: { volumeId, deletedAt: null, attachStatus: 'attached', instanceId: { not: null } },
  });
  const instanceIds = attachments.flatMap(({ instanceId }) => instanceId ?? []).filter(isUuid);
  const servers = instanceIds.length ? await db.server.findMany({ where: { id: { in: instanceIds } } }) : [];
  return servers.map((server) => ({ instanceId: server.id, computeHost: server.host }));
}

export interface VolumeDescription {
  /** The keys and values that users see. */
  readonly volumeMetadata: Readonly<Record<string, unknown>>;
  /** By the names of Cinder's columns, as its backups keep them. */
  readonly volumeBase: Readonly<Record<string, unknown>>;
}

/** What a backup remembers of its volume. */
export async function describeVolume(db: PrismaClient, volumeId: string): Promise<VolumeDescription> {
  const volume = await db.volume.findUniqueOrThrow({ where: { id: volumeId } });
  return {
    volumeMetadata: volume.metadata as Record<string, unknown>,
    volumeBase: {
      display_name: volume.name,
      display_description: volume.description,
      size: volume.sizeGib,
      volume_type_id: volume.volumeTypeId,
      availability_zone: volume.availabilityZone,
    },
  };
}
