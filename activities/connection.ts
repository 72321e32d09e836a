// Control steps about connections: where an attachment is exported, who else uses an export, who makes a backup.
import { StorageError } from '../domain/storage-errors.ts';
import type { ConnectionInfo } from '../drivers/target/target.ts';
import type { PrismaClient } from '../prisma/generated/client.ts';
import {
  attachedInstances,
  chooseBackupHost,
  describeVolume,
  othersUseExport,
  recordConnection,
  type AttachedInstance,
  type VolumeDescription,
} from '../prisma/store/attachments/connections.ts';
import type { ClaimPair } from '../prisma/store/operations/fence.ts';
import { fenced } from './fenced.ts';

export interface RecordConnectionRequest {
  readonly claim: ClaimPair;
  readonly attachmentId: string;
  readonly connection: ConnectionInfo;
  readonly connector: Readonly<Record<string, unknown>> | null;
}

export interface ConnectionActivities {
  /** Writes what a host needs to connect (no secrets) onto the attachment. */
  recordConnection(request: RecordConnectionRequest): Promise<void>;
  /** True while another live attachment of the volume relies on its export. */
  othersUseExport(volumeId: string, attachmentId: string | null): Promise<boolean>;
  /** The backup host that works on this backup, chosen once. Throws NoValidBackend. */
  chooseBackupHost(claim: ClaimPair, backupId: string, preferredHost: string): Promise<string>;
  /** The instances that have the volume plugged in, with their compute hosts. */
  attachedInstances(volumeId: string): Promise<AttachedInstance[]>;
  /** What a backup remembers of its volume, to be restored with the bytes. */
  describeVolume(volumeId: string): Promise<VolumeDescription>;
}

/** The control worker's connection steps on a database. */
export function createConnectionActivities(db: PrismaClient, serviceDownTimeS: number): ConnectionActivities {
  return {
    recordConnection: (request) => fenced(() => recordConnection(db, request)),
    othersUseExport: (volumeId, attachmentId) => othersUseExport(db, volumeId, attachmentId),
    attachedInstances: (volumeId) => attachedInstances(db, volumeId),
    describeVolume: (volumeId) => describeVolume(db, volumeId),
    async chooseBackupHost(claim, backupId, preferredHost) {
      const host = await fenced(() => chooseBackupHost(db, { claim, backupId, preferredHost, serviceDownTimeS }));
      if (host !== null) return host;
      throw new StorageError(
        'NoValidBackend',
        'Service not found for creating backup: no backup host is up and enabled',
      );
    },
  };
}
