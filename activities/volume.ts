// Steps on a volume's storage, on the host that owns its back-end; each do stands beside its undo.
import type { SnapshotRef, VolumeDriver, VolumeRef, VolumeSource } from '../drivers/volume/driver.ts';
import { mustBeUuid } from '../domain/ids.ts';
import type { TargetDriver } from '../drivers/target/target.ts';
import type { HostClaim } from './host-services.ts';
import { hostStep, type HostStepDeps } from './host-step.ts';

export interface CreateVolumeRequest {
  readonly claim: HostClaim;
  readonly volume: VolumeRef;
  readonly source: VolumeSource;
}

export interface VolumeRequest {
  readonly claim: HostClaim;
  readonly volume: VolumeRef;
}

export interface ExtendVolumeRequest extends VolumeRequest {
  readonly newSizeGib: number;
}

export interface SnapshotRequest {
  readonly claim: HostClaim;
  readonly snapshot: SnapshotRef;
}

export interface VolumeActivities {
  createVolume(request: CreateVolumeRequest): Promise<void>;
  /** Erases and removes; also the undo of createVolume. */
  removeVolume(request: VolumeRequest): Promise<void>;
  extendVolume(request: ExtendVolumeRequest): Promise<void>;
  createSnapshot(request: SnapshotRequest): Promise<void>;
  /** Also the undo of createSnapshot. */
  removeSnapshot(request: SnapshotRequest): Promise<void>;
}

export interface VolumeDeps extends HostStepDeps {
  readonly driver: VolumeDriver;
  /** Null when this machine has no target program. */
  readonly target: TargetDriver | null;
}

/** A volume worker's steps on its driver. */
export function createVolumeActivities(deps: VolumeDeps): VolumeActivities {
  const { driver } = deps;
  const checked = (volume: VolumeRef): VolumeRef => ({
    id: mustBeUuid(volume.id),
    sizeGib: mustBeSize(volume.sizeGib),
  });
  const checkedSnapshot = (snapshot: SnapshotRef): SnapshotRef => ({
    id: mustBeUuid(snapshot.id),
    volumeId: mustBeUuid(snapshot.volumeId),
    sizeGib: mustBeSize(snapshot.sizeGib),
  });
  return {
    createVolume: ({ claim, volume, source }) =>
      hostStep(deps, claim, volume.id, (step) => driver.createVolume(step, checked(volume), source)),
    removeVolume: ({ claim, volume }) =>
      hostStep(deps, claim, volume.id, async (step) => {
        const { target } = deps;
        const id = mustBeUuid(volume.id);
        // An export that an interrupted detach left behind would keep the file or the logical volume open.
        if (await (target?.mayBeExported?.(id) ?? true)) await target?.removeExport(step, id);
        await driver.deleteVolume(step, checked(volume));
      }),
    extendVolume: ({ claim, volume, newSizeGib }) =>
      hostStep(deps, claim, volume.id, (step) => driver.extendVolume(step, checked(volume), mustBeSize(newSizeGib))),
    createSnapshot: ({ claim, snapshot }) =>
      hostStep(deps, claim, snapshot.id, (step) => driver.createSnapshot(step, checkedSnapshot(snapshot))),
    removeSnapshot: ({ claim, snapshot }) =>
      hostStep(deps, claim, snapshot.id, (step) => driver.deleteSnapshot(step, checkedSnapshot(snapshot))),
  };
}

function mustBeSize(sizeGib: number): number {
  if (!Number.isSafeInteger(sizeGib) || sizeGib < 1) throw new TypeError(`not a size in GiB: ${sizeGib}`);
  return sizeGib;
}
