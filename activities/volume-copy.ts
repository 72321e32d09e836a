// Steps that give a volume other bytes or another name on its host: revert, and the new side of a migration.
import { gibToBytes } from '../domain/bytes.ts';
import { mustBeUuid } from '../domain/ids.ts';
import { StorageError } from '../domain/storage-errors.ts';
import { copyInto } from '../drivers/data/copy-into.ts';
import type { TargetDriver } from '../drivers/target/target.ts';
import type { SnapshotRef, VolumeDriver, VolumeRef } from '../drivers/volume/driver.ts';
import { bytesPath } from './bytes-path.ts';
import { withDataPath, type DataAccessDeps } from './data-access.ts';
import type { HostClaim } from './host-services.ts';
import { hostStep, type HostStepDeps } from './host-step.ts';
import { withSnapshotPath, withVolumePath } from './local-path.ts';
import type { DataAccess } from './target.ts';

export interface RevertVolumeRequest {
  readonly claim: HostClaim;
  readonly volume: VolumeRef;
  readonly snapshot: SnapshotRef;
}

export interface CopyRequest {
  readonly claim: HostClaim;
  /** The copy, which bears its operation's id until it takes the volume's. */
  readonly copy: VolumeRef;
}

export interface FillCopyRequest extends CopyRequest {
  readonly volumeId: string;
  readonly data: DataAccess;
}

export interface RenameCopyRequest extends CopyRequest {
  readonly volumeId: string;
}

export interface VolumeCopyActivities {
  revertVolume(request: RevertVolumeRequest): Promise<void>;
  /** Makes the copy, blank; undone by removeVolume of the copy. Throws Unsupported where it could not be renamed later. */
  createCopy(request: CopyRequest): Promise<void>;
  fillCopy(request: FillCopyRequest): Promise<void>;
  /** Gives the copy the volume's id. The volume's old storage is gone. */
  renameCopy(request: RenameCopyRequest): Promise<void>;
}

export interface VolumeCopyDeps extends HostStepDeps, DataAccessDeps {
  readonly driver: VolumeDriver;
  readonly target: TargetDriver | null;
}

/** A volume worker's steps on bytes and names. */
export function createVolumeCopyActivities(deps: VolumeCopyDeps): VolumeCopyActivities {
  const { driver } = deps;
  return {
    revertVolume: ({ claim, volume, snapshot }) =>
      hostStep(deps, claim, mustBeUuid(volume.id), async (step) => {
        // Nobody is attached; an export that an interrupted detach left would show its initiators two volumes in one.
        await deps.target?.removeExport(step, volume.id);
        if (driver.revertToSnapshot) return driver.revertToSnapshot(step, volume, snapshot);
        const sizeBytes = gibToBytes(snapshot.sizeGib);
        return withSnapshotPath(driver, snapshot, (source) =>
          withVolumePath(driver, volume.id, (target) => {
            const paths = { sourcePath: bytesPath(source), targetPath: bytesPath(target) };
            return copyInto(step, { ...paths, sizeBytes, targetIsBlank: false });
          }),
        );
      }),
    createCopy: ({ claim, copy }) =>
      hostStep(deps, claim, mustBeUuid(copy.id), async (step) => {
        if (!driver.renameVolume) {
          throw new StorageError('Unsupported', `a back-end with the driver ${driver.name} takes no migrated volumes`);
        }
        await driver.createVolume(step, copy, { kind: 'blank' });
      }),
    fillCopy: ({ claim, copy, volumeId, data }) =>
      hostStep(deps, claim, mustBeUuid(copy.id), async (step) => {
        const sizeBytes = gibToBytes(copy.sizeGib);
        const targetIsBlank = driver.newVolumesReadZero;
        await withVolumePath(driver, copy.id, async (target) => {
          const targetPath = bytesPath(target);
          await withDataPath(deps, step, claim, mustBeUuid(volumeId), data, (sourcePath) =>
            copyInto(step, { sourcePath, targetPath, sizeBytes, targetIsBlank }),
          );
        });
      }),
    renameCopy: ({ claim, copy, volumeId }) =>
      // Under both locks: no late step may write to the copy any more, nor remove anything by the volume's name.
      hostStep(deps, claim, mustBeUuid(copy.id), async (step) => {
        const { epoch, signal } = step;
        await deps.withHostLock({ resourceId: mustBeUuid(volumeId), epoch, signal }, async () =>
          driver.renameVolume?.(step, copy, volumeId),
        );
      }),
  };
}
