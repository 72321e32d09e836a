// Steps on several volumes' snapshots at once: of one moment where the driver can.
import { mustBeUuid } from '../domain/ids.ts';
import type { StepContext } from '../drivers/step.ts';
import type { SnapshotRef, VolumeDriver } from '../drivers/volume/driver.ts';
import type { HostClaim } from './host-services.ts';
import { hostStep, type HostStepDeps } from './host-step.ts';

export interface SnapshotsRequest {
  readonly claim: HostClaim;
  readonly groupSnapshotId: string;
  readonly snapshots: readonly SnapshotRef[];
}

export interface GroupSnapshotActivities {
  createSnapshots(request: SnapshotsRequest): Promise<void>;
  /** Also the undo of createSnapshots. */
  removeSnapshots(request: SnapshotsRequest): Promise<void>;
}

/** A volume worker's steps on group snapshots. */
export function createGroupSnapshotActivities(
  deps: HostStepDeps & { readonly driver: VolumeDriver },
): GroupSnapshotActivities {
  const { driver } = deps;
  /** Each under its own lock, so that nothing else works on that snapshot here. */
  const onEach = async (
    step: StepContext,
    snapshots: readonly SnapshotRef[],
    work: (snapshot: SnapshotRef) => Promise<void>,
  ): Promise<void> => {
    const { epoch, signal } = step;
    for (const snapshot of snapshots) {
      await deps.withHostLock({ resourceId: mustBeUuid(snapshot.id), epoch, signal }, () => work(snapshot));
    }
  };
  return {
    createSnapshots: ({ claim, groupSnapshotId, snapshots }) =>
      hostStep(deps, claim, mustBeUuid(groupSnapshotId), async (step) => {
        if (driver.createSnapshotsTogether) return driver.createSnapshotsTogether(step, snapshots);
        return onEach(step, snapshots, (snapshot) => driver.createSnapshot(step, snapshot));
      }),
    removeSnapshots: ({ claim, groupSnapshotId, snapshots }) =>
      hostStep(deps, claim, mustBeUuid(groupSnapshotId), (step) =>
        onEach(step, snapshots, (snapshot) => driver.deleteSnapshot(step, snapshot)),
      ),
  };
}
