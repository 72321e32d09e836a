// Steps of the backup service, on the backup host: write a backup's objects, remove them, restore them.
import { mustBeUuid } from '../domain/ids.ts';
import type { Connector } from '../drivers/connector/connector.ts';
import type { StepContext } from '../drivers/step.ts';
import type { HostClaim } from './host-services.ts';
import { hostStep, type HostStepDeps } from './host-step.ts';
import type { DataAccess } from './target.ts';

/** What names a backup's objects; all of it derives from the Operation and the backup's row. */
export interface BackupIdentity {
  readonly id: string;
  readonly volumeId: string;
  readonly container: string | null;
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
}

export interface RestoredBackup {
  readonly metadata: Readonly<Record<string, string>> | null;
}

/** A backup driver with its format: what the activities need of it. */
export interface BackupEngine {
  write(step: StepContext, request: Omit<WriteBackupRequest, 'claim' | 'data'>, path: string): Promise<WrittenBackup>;
  remove(step: StepContext, backup: BackupIdentity): Promise<void>;
  restore(
    step: StepContext,
    request: Omit<RestoreBackupRequest, 'claim' | 'data'>,
    path: string,
  ): Promise<RestoredBackup>;
}

export interface BackupActivities {
  writeBackup(request: WriteBackupRequest): Promise<WrittenBackup>;
  /** Also the undo of writeBackup. */
  removeBackup(request: RemoveBackupRequest): Promise<void>;
  restoreBackup(request: RestoreBackupRequest): Promise<RestoredBackup>;
}

export interface BackupDeps extends HostStepDeps {
  readonly engine: BackupEngine;
  readonly connector: Connector;
}

/** A backup worker's steps. */
export function createBackupActivities(deps: BackupDeps): BackupActivities {
  return {
    writeBackup: ({ claim, data, ...request }) =>
      hostStep(deps, claim, mustBeUuid(request.backup.id), (step) =>
        withPath(deps, step, claim, request.backup.volumeId, data, (path) => deps.engine.write(step, request, path)),
      ),
    removeBackup: ({ claim, backup }) =>
      hostStep(deps, claim, mustBeUuid(backup.id), (step) => deps.engine.remove(step, backup)),
    restoreBackup: ({ claim, data, ...request }) =>
      hostStep(deps, claim, mustBeUuid(request.volumeId), (step) =>
        withPath(deps, step, claim, request.volumeId, data, (path) => deps.engine.restore(step, request, path)),
      ),
  };
}

/** Gives `work` a path to the bytes: the storage host's own, or one made by connecting to the export. */
async function withPath<T>(
  deps: BackupDeps,
  step: StepContext,
  claim: HostClaim,
  volumeId: string,
  data: DataAccess,
  work: (path: string) => Promise<T>,
): Promise<T> {
  if (data.kind === 'path') return work(data.path);
  const chap = await deps.services.targetSecret(claim, volumeId);
  const { path } = await deps.connector.connect(step, data.exportId, data.connection, chap);
  try {
    return await work(path);
  } finally {
    await deps.connector.disconnect(step, data.exportId, data.connection);
  }
}
