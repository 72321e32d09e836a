// Steps of the backup service, on the backup host: write a backup's objects, remove them, restore them.
import { mustBeUuid } from '../domain/ids.ts';
import { StorageError } from '../domain/storage-errors.ts';
import type { Connector } from '../drivers/connector/connector.ts';
import type { StepContext } from '../drivers/step.ts';
import type { HostClaim } from './host-services.ts';
import { withDataPath } from './data-access.ts';
import { hostStep, type HostStepDeps } from './host-step.ts';
import type { DataAccess } from './target.ts';

/** What names a backup's objects; all of it derives from the Operation and the backup's row. */
export interface BackupIdentity {
  readonly id: string;
  readonly volumeId: string;
  readonly container: string | null;
  /** What the objects' names begin with; null = derived. */
  readonly objectPrefix: string | null;
  readonly availabilityZone: string;
  /** Seconds since 1970 at which it was accepted. */
  readonly createdAt: number;
  readonly name: string | null;
  readonly description: string | null;
}

export interface WriteBackupRequest {
  readonly claim: HostClaim;
  readonly backup: BackupIdentity;
  readonly data: DataAccess;
  /** What an incremental backup builds on; null = a full one. */
  readonly parent: BackupIdentity | null;
  readonly sizeGib: number;
  readonly volumeMetadata: Readonly<Record<string, unknown>>;
  /** The volume's `display_name`, `display_description`, …: a restore gives them back. */
  readonly volumeBase: Readonly<Record<string, unknown>>;
}

export interface RemoveBackupRequest {
  readonly claim: HostClaim;
  readonly backup: BackupIdentity;
}

export interface RestoreBackupRequest {
  readonly claim: HostClaim;
  readonly backup: BackupIdentity;
  /** Parent, its parent, and so on to the full backup. */
  readonly ancestors: readonly BackupIdentity[];
  readonly data: DataAccess;
  readonly volumeId: string;
  readonly sizeGib: number;
  /** True when the volume is known to hold zeros wherever nothing is written. */
  readonly targetIsBlank: boolean;
}

export interface WrittenBackup {
  readonly objectCount: number;
  readonly container: string;
}

/** A written backup with the driver that wrote it, as Cinder's `service` names it. */
export interface KeptBackup extends WrittenBackup {
  readonly service: string;
}

/** What the volume was when it was backed up; null where the backup does not say. */
export interface RestoredBackup {
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly volumeMeta: { readonly base: Readonly<Record<string, unknown>> | null } | null;
}

/** A backup driver with its format: what the activities need of it. */
export interface BackupEngine {
  write(step: StepContext, request: Omit<WriteBackupRequest, 'claim' | 'data'>, path: string): Promise<WrittenBackup>;
  remove(step: StepContext, backup: BackupIdentity): Promise<void>;
  /** Throws BackupCorrupt when the store does not hold it. */
  verify(backup: BackupIdentity): Promise<void>;
  restore(
    step: StepContext,
    request: Omit<RestoreBackupRequest, 'claim' | 'data'>,
    path: string,
  ): Promise<RestoredBackup>;
}

export interface BackupActivities {
  writeBackup(request: WriteBackupRequest): Promise<KeptBackup>;
  /** Also the undo of writeBackup. */
  removeBackup(request: RemoveBackupRequest): Promise<void>;
  restoreBackup(request: RestoreBackupRequest): Promise<RestoredBackup>;
  /** Whether the store holds it; only looks. */
  hasBackup(backup: BackupIdentity): Promise<boolean>;
  /** Looks whether the objects of an imported backup are in this host's store; answers the driver's name. */
  verifyBackup(request: RemoveBackupRequest): Promise<{ service: string }>;
}

export interface BackupDeps extends HostStepDeps {
  readonly engine: BackupEngine;
  /** Cinder's name of the backup driver: the backup's `service`. */
  readonly service: string;
  /** `backup_container`: where backups go whose user names no container; null leaves it to the driver. */
  readonly defaultContainer: string | null;
  readonly connector: Connector;
}

/** A backup worker's steps. */
export function createBackupActivities(deps: BackupDeps): BackupActivities {
  const placed = <Backup extends BackupIdentity>(backup: Backup): Backup => ({
    ...backup,
    container: backup.container ?? deps.defaultContainer,
  });
  return {
    writeBackup: ({ claim, data, ...request }) =>
      hostStep(deps, claim, mustBeUuid(request.backup.id), (step) =>
        withDataPath(deps, step, claim, request.backup.volumeId, data, async (path) => {
          const located = { ...request, backup: placed(request.backup) };
          return { ...(await deps.engine.write(step, located, path)), service: deps.service };
        }),
      ),
    removeBackup: ({ claim, backup }) =>
      hostStep(deps, claim, mustBeUuid(backup.id), (step) => deps.engine.remove(step, placed(backup))),
    async hasBackup(backup) {
      try {
        await deps.engine.verify(placed(backup));
        return true;
      } catch (error) {
        if (error instanceof StorageError && error.code === 'BackupCorrupt') return false;
        throw error;
      }
    },
    verifyBackup: ({ claim, backup }) =>
      hostStep(deps, claim, mustBeUuid(backup.id), async () => {
        await deps.engine.verify(placed(backup));
        return { service: deps.service };
      }),
    restoreBackup: ({ claim, data, ...request }) =>
      hostStep(deps, claim, mustBeUuid(request.volumeId), (step) =>
        withDataPath(deps, step, claim, request.volumeId, data, (path) => deps.engine.restore(step, request, path)),
      ),
  };
}
