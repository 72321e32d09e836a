// The interface every volume driver implements. Each method may run twice, half, or late: it looks before it acts,
// and "already so" is success.
import type { StepContext } from '../step.ts';
import type { ConnectionInfo } from '../target/target.ts';

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
  /** `qcow2`: an image, whose bytes only QEMU and a connector can show. */
  readonly kind: 'file' | 'block' | 'qcow2';
}

/** What is to be reached without a target: a volume, or what it was at a snapshot. */
export interface ConnectionRequest {
  readonly volumeId: string;
  readonly snapshot: SnapshotRef | null;
  readonly readonly: boolean;
}

/** Something on a back-end that Scoria may or may not know: what `manageable` lists show. */
export interface ManageableObject {
  /** Its name there: Cinder's `source-name`. */
  readonly name: string;
  /** Rounded up to whole GiB. */
  readonly sizeGib: number;
  /** Name of a snapshot's volume; null for a volume. */
  readonly sourceName: string | null;
}

/**
 * Taking over what others made, by renaming it. Each answers or accepts the name that the object had before, so that
 * the renaming can be undone. Throws ManageRefused for a name that is not there or that cannot be taken over.
 */
export interface ManageCapability {
  /** Everything that could be a volume or a snapshot, Scoria's own included; never what is half-made. */
  list(): Promise<{ readonly volumes: readonly ManageableObject[]; readonly snapshots: readonly ManageableObject[] }>;
  /**
   * Renames `name` to the volume's own name; renamed already is success. Answers its size, rounded up: a call of
   * extendVolume with that size follows and fills it up.
   */
  adoptVolume(step: StepContext, name: string, volumeId: string): Promise<{ readonly sizeGib: number }>;
  /** The undo of adoptVolume: gives it its old name back. */
  abandonVolume(step: StepContext, volumeId: string, name: string): Promise<void>;
  adoptSnapshot(
    step: StepContext,
    name: string,
    snapshot: Omit<SnapshotRef, 'sizeGib'>,
  ): Promise<{ readonly sizeGib: number }>;
  /** The undo of adoptSnapshot. */
  abandonSnapshot(step: StepContext, snapshot: Omit<SnapshotRef, 'sizeGib'>, name: string): Promise<void>;
}

/** What every driver does, and what some do better: the optional parts say what happens without them. */
export interface VolumeDriver {
  readonly name: string;
  /** True when a volume that was created blank reads as zeros wherever nothing has been written. */
  readonly newVolumesReadZero: boolean;
  /** Its volumes may be given to whoever asks; otherwise a connector says what the target needs (`connectorNeeds`). */
  readonly takesAnyConnector?: boolean;
  /** True: its paths may be images, so that readers on this very host connect too. Left out, its paths hold the bytes. */
  readonly answersImages?: boolean;
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

  /**
   * Nothing on this host reads or writes the path of this volume or snapshot any more; no path open is success. Without it
   * a path costs nothing.
   */
  closePath?(id: string): Promise<void>;
  /**
   * Where clients reach the bytes by the back-end's own protocol, without an export of this host's. Throws Missing. Without
   * it a target exports the path.
   */
  connection?(request: ConnectionRequest): Promise<ConnectionInfo>;

  /**
   * Gives the volume the bytes that its snapshot has; repeating it is the repair. Nobody has the volume open.
   * Without it the snapshot's bytes are copied over the volume's.
   */
  revertToSnapshot?(step: StepContext, volume: VolumeRef, snapshot: SnapshotRef): Promise<void>;
  /**
   * Gives a volume's storage another id; its bytes stay where they are, and it has no snapshots. Renamed already is
   * success; where both are there, NotOurs. Without it the back-end cannot be the destination of a migration.
   */
  renameVolume?(step: StepContext, volume: VolumeRef, newId: string): Promise<void>;
  /** Snapshots of several volumes, of one moment. Without it they are taken one after the other. */
  createSnapshotsTogether?(step: StepContext, snapshots: readonly SnapshotRef[]): Promise<void>;
  /** Without it nothing can be brought under management here. */
  readonly manage?: ManageCapability;

  /** Ids of the volumes and snapshots found on the back-end that carry Scoria's names: for audits and leak tests. */
  listObjects(): Promise<{ readonly volumeIds: readonly string[]; readonly snapshotIds: readonly string[] }>;
  /**
   * Size in bytes of each of these volumes that is there; one or two commands for all of them, not one each. Audits compare
   * it with the rows. Without it sizes are not compared.
   */
  volumeBytes?(volumeIds: readonly string[]): Promise<Readonly<Record<string, number>>>;
}
