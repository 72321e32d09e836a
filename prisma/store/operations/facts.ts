// What a claim hands to its workflow: the rows that the operation works on, as plain JSON without secrets.
import type { Prisma } from '../../generated/client.ts';
import { sharesObjects } from '../backups/records.ts';

export interface VolumeFacts {
  readonly id: string;
  readonly sizeGib: number;
  /** host@backend#pool, or null before it is placed. */
  readonly host: string | null;
  readonly readonly: boolean;
  /** The volume's first status was `in-use` when it was claimed or is read. */
  readonly previousStatus: string | null;
}

export interface SnapshotFacts {
  readonly id: string;
  readonly volumeId: string;
  readonly sizeGib: number;
  readonly host: string | null;
}

export interface BackupFacts {
  readonly id: string;
  readonly volumeId: string;
  readonly sizeGib: number;
  readonly host: string | null;
  readonly parentId: string | null;
  readonly container: string | null;
  /** What the objects' names begin with, for an imported backup. */
  readonly objectPrefix: string | null;
  /** Another backup, imported from the same record, has the same objects: they are its own too. */
  readonly objectsShared: boolean;
  readonly availabilityZone: string;
  /** Seconds since 1970. */
  readonly createdAt: number;
  readonly name: string | null;
  readonly description: string | null;
}

export interface AttachmentFacts {
  readonly id: string;
  readonly instanceId: string | null;
}

/** The rows by role: at most one of each kind is written; those only read are listed by id. */
export interface OperationFacts {
  readonly volumes: Readonly<Record<string, VolumeFacts>>;
  readonly snapshots: Readonly<Record<string, SnapshotFacts>>;
  readonly backups: Readonly<Record<string, BackupFacts>>;
  readonly attachments: Readonly<Record<string, AttachmentFacts>>;
}

interface Use {
  readonly resourceType: string;
  readonly resourceId: string;
  readonly previousStatus: string | null;
}

export interface FactsAndOwners {
  readonly facts: OperationFacts;
  /** Which operation owns each live row that was read, by the row's id. */
  readonly owners: ReadonlyMap<string, string | null>;
}

/**
 * Reads the rows of everything an operation writes or reads, its primary resource included, and the volumes behind
 * snapshots (they say which host serves them).
 */
export async function readFacts(tx: Prisma.TransactionClient, uses: readonly Use[]): Promise<FactsAndOwners> {
  const idsOf = (type: string) => uses.filter((use) => use.resourceType === type).map((use) => use.resourceId);
  const [snapshotIds, backupIds, attachmentIds] = [idsOf('snapshot'), idsOf('backup'), idsOf('attachment')];
  const snapshots = snapshotIds.length ? await tx.snapshot.findMany({ where: { id: { in: snapshotIds } } }) : [];
  const volumeIds = [...idsOf('volume'), ...snapshots.map((snapshot) => snapshot.volumeId)];
  const volumes = volumeIds.length ? await tx.volume.findMany({ where: { id: { in: volumeIds } } }) : [];
  const backups = backupIds.length ? await tx.backup.findMany({ where: { id: { in: backupIds } } }) : [];
  const attachments = attachmentIds.length
    ? await tx.attachment.findMany({ where: { id: { in: attachmentIds } } })
    : [];
  const shared = new Set<string>();
  for (const backup of backups) if (await sharesObjects(tx, backup)) shared.add(backup.id);
  const before = new Map(uses.map((use) => [use.resourceId, use.previousStatus]));
  const hosts = new Map(volumes.map((volume) => [volume.id, volume.host]));
  const alive = [...volumes, ...snapshots, ...backups, ...attachments].filter((row) => row.deletedAt === null);
  const owners = new Map(alive.map((row) => [row.id, row.operationId]));
  const facts: OperationFacts = {
    volumes: byId(volumes, (volume) => ({
      id: volume.id,
      sizeGib: volume.sizeGib,
      host: volume.host,
      readonly: (volume.adminMetadata as Record<string, unknown>)['readonly'] === 'True',
      previousStatus: before.get(volume.id) ?? volume.status,
    })),
    snapshots: byId(snapshots, (snapshot) => ({
      id: snapshot.id,
      volumeId: snapshot.volumeId,
      sizeGib: snapshot.sizeGib,
      host: hosts.get(snapshot.volumeId) ?? null,
    })),
    backups: byId(backups, ({ id, volumeId, parentId, sizeGib, host, container, name, description, ...row }) => ({
      id,
      volumeId,
      parentId,
      sizeGib,
      host,
      container,
      objectPrefix: row.serviceMetadata,
      objectsShared: shared.has(id),
      name,
      description,
      availabilityZone: row.availabilityZone ?? '',
      createdAt: Math.floor(row.createdAt.getTime() / 1000),
    })),
    attachments: byId(attachments, ({ id, instanceId }) => ({ id, instanceId })),
  };
  return { facts, owners };
}

function byId<Row extends { id: string }, Facts>(
  rows: readonly Row[],
  view: (row: Row) => Facts,
): Record<string, Facts> {
  return Object.fromEntries(rows.map((row) => [row.id, view(row)]));
}
