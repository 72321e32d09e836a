// The interface every volume driver implements. Each method may run twice, half, or late: it looks before it acts,
// and "already so" is success.
import type { StepContext } from '../step.ts';

export interface VolumeRef {
  readonly id: string;
  readonly sizeGib: number;
}

export interface SnapshotRef {
  readonly id: string;
  readonly volumeId: string;
  readonly sizeGib: number;
}

/** Where the bytes of a new volume come from; both on this same back-end. */
export type VolumeSource =
  | { readonly kind: 'blank' }
  | { readonly kind: 'snapshot'; readonly snapshot: SnapshotRef }
  | { readonly kind: 'volume'; readonly volume: VolumeRef };

/** What one pool reports, in Cinder's words (`get_volume_stats`). */
export interface PoolStats {
  readonly poolName: string;
  readonly totalGib: number;
  readonly freeGib: number;
  readonly reservedPercentage: number;
  readonly maxOverSubscriptionRatio: number;
  readonly thinProvisioning: boolean;
  readonly multiattach: boolean;
  /** Cinder's other capability keys: storage_protocol, driver_version, vendor_name, … */
  readonly capabilities: Readonly<Record<string, string | number | boolean>>;
}

/** A place from which this host can read or write a volume's bytes directly, and that a target can export. */
export interface LocalPath {
  readonly path: string;
  readonly kind: 'file' | 'block';
}

export interface VolumeDriver {
  readonly name: string;
  /** True when a volume that was created blank reads as zeros wherever nothing has been written. */
  readonly newVolumesReadZero: boolean;
  /** Looks for everything it needs (directories, commands, volume groups); throws StorageError Misconfigured. */
  checkForSetup(): Promise<void>;
  stats(): Promise<readonly PoolStats[]>;

  /** Makes the volume's storage at its full size with the source's bytes. A half-made one is finished or made anew. */
  createVolume(step: StepContext, volume: VolumeRef, source: VolumeSource): Promise<void>;
  /** Erases per `volume_clear`, then removes; a volume that is not there is already deleted. */
  deleteVolume(step: StepContext, volume: VolumeRef): Promise<void>;
  /** Grows to `newSizeGib`; never shrinks; already that size is success. */
  extendVolume(step: StepContext, volume: VolumeRef, newSizeGib: number): Promise<void>;

  createSnapshot(step: StepContext, snapshot: SnapshotRef): Promise<void>;
  deleteSnapshot(step: StepContext, snapshot: SnapshotRef): Promise<void>;

  /** Bytes as they are now, for export, backup and restore. Throws StorageError Missing. */
  volumePath(volumeId: string): Promise<LocalPath>;
  /** A snapshot's bytes, read-only. Throws StorageError Missing. */
  snapshotPath(snapshot: SnapshotRef): Promise<LocalPath>;

  /** Ids of the volumes and snapshots found on the back-end that carry Scoria's names: for audits and leak tests. */
  listObjects(): Promise<{ readonly volumeIds: readonly string[]; readonly snapshotIds: readonly string[] }>;
}
