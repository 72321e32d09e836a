// Steps that take over what others put on a back-end, give it back, and list what there is.
import { mustBeUuid } from '../domain/ids.ts';
import { StorageError } from '../domain/storage-errors.ts';
import type { ManageableObject, ManageCapability, VolumeDriver } from '../drivers/volume/driver.ts';
import type { HostClaim } from './host-services.ts';
import { hostStep, type HostStepDeps } from './host-step.ts';

export interface AdoptVolumeRequest {
  readonly claim: HostClaim;
  readonly volumeId: string;
  /** Cinder's `source-name`. */
  readonly name: string;
}

export interface AdoptSnapshotRequest {
  readonly claim: HostClaim;
  readonly snapshot: { readonly id: string; readonly volumeId: string };
  readonly name: string;
}

export interface ManageablePageRequest {
  readonly kind: 'volumes' | 'snapshots';
  readonly sortBy: 'reference' | 'size';
  readonly descending: boolean;
  readonly offset: number;
  readonly limit: number;
  /** Name of the last object of the page before. */
  readonly marker: string | null;
}

export interface ManageActivities {
  adoptVolume(request: AdoptVolumeRequest): Promise<{ sizeGib: number }>;
  /** The undo of adoptVolume. */
  abandonVolume(request: AdoptVolumeRequest): Promise<void>;
  adoptSnapshot(request: AdoptSnapshotRequest): Promise<{ sizeGib: number }>;
  /** The undo of adoptSnapshot. */
  abandonSnapshot(request: AdoptSnapshotRequest): Promise<void>;
  /** One page: a back-end may hold more than a payload. Null when the marker is not there. */
  listManageable(request: ManageablePageRequest): Promise<readonly ManageableObject[] | null>;
}

/** A volume worker's steps on what others made. */
export function createManageActivities(deps: HostStepDeps & { readonly driver: VolumeDriver }): ManageActivities {
  const capability = (): ManageCapability => {
    if (deps.driver.manage) return deps.driver.manage;
    throw new StorageError('Unsupported', `the driver ${deps.driver.name} does not manage what others made`);
  };
  return {
    adoptVolume: ({ claim, volumeId, name }) =>
      hostStep(deps, claim, mustBeUuid(volumeId), (step) => capability().adoptVolume(step, name, volumeId)),
    abandonVolume: ({ claim, volumeId, name }) =>
      hostStep(deps, claim, mustBeUuid(volumeId), (step) => capability().abandonVolume(step, volumeId, name)),
    adoptSnapshot: ({ claim, snapshot, name }) =>
      hostStep(deps, claim, mustBeUuid(snapshot.id), (step) => capability().adoptSnapshot(step, name, snapshot)),
    abandonSnapshot: ({ claim, snapshot, name }) =>
      hostStep(deps, claim, mustBeUuid(snapshot.id), (step) => capability().abandonSnapshot(step, snapshot, name)),
    async listManageable({ kind, ...page }) {
      return pageOf((await capability().list())[kind], page);
    },
  };
}

function pageOf(
  objects: readonly ManageableObject[],
  { sortBy, descending, offset, limit, marker }: Omit<ManageablePageRequest, 'kind'>,
): readonly ManageableObject[] | null {
  const byName = (left: ManageableObject, right: ManageableObject): number => (left.name < right.name ? -1 : 1);
  const sorted = objects.toSorted((left, right) =>
    sortBy === 'size' && left.sizeGib !== right.sizeGib ? left.sizeGib - right.sizeGib : byName(left, right),
  );
  if (descending) sorted.reverse();
  const at = marker === null ? -1 : sorted.findIndex(({ name }) => name === marker);
  if (marker !== null && at === -1) return null;
  const first = at + 1 + offset;
  return sorted.slice(first, first + limit);
}
