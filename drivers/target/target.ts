// The interface of a target: it exports one volume over the network and takes the export away again.
import type { StepContext } from '../step.ts';
import type { LocalPath } from '../volume/driver.ts';

/** CHAP credentials; they reach the host through the internal API and never a Temporal payload. */
export interface ChapSecret {
  readonly username: string;
  readonly password: string;
}

/** Cinder's `connection_info` without its secrets: what a workflow may carry. */
export interface ConnectionInfo {
  readonly driver_volume_type: 'iscsi' | 'local' | 'nfs' | 'rbd';
  readonly data: Readonly<Record<string, string | number | boolean | null | readonly (string | number)[]>>;
  /** Where the volume host mounts its shares: os-brick's word for NFS. */
  readonly mount_point_base?: string;
}

export interface ExportRequest {
  readonly volumeId: string;
  readonly path: LocalPath;
  readonly chap: ChapSecret | null;
  readonly readonly: boolean;
}

/** An export as its host remembers it. */
export interface RememberedExport extends Omit<ExportRequest, 'chap'> {
  /** CHAP account, without its password; null where there is none. */
  readonly username: string | null;
}

export interface TargetDriver {
  readonly name: string;
  /** What a connector must say, as os-brick names it: Cinder's drivers refuse one without. */
  readonly connectorNeeds: readonly string[];
  checkForSetup(): Promise<void>;
  /** Exports the volume; already exported with the same path and secret is success. Answers where to connect. */
  exportVolume(step: StepContext, request: ExportRequest): Promise<ConnectionInfo>;
  /** Tells the target that the volume has grown, so that initiators see the new size after a rescan. */
  refreshSize(step: StepContext, volumeId: string): Promise<void>;
  /** Takes the export away, closing its sessions; not exported is success. */
  removeExport(step: StepContext, volumeId: string): Promise<void>;
  /** False only when this host has certainly not exported the volume, which is cheaper to know than to ask. */
  mayBeExported?(volumeId: string): Promise<boolean>;
  /** Ids of volumes exported now. */
  listExports(): Promise<readonly string[]>;
  /**
   * Names the life of the server that holds the exports: another answer means that it was started anew and has lost
   * them; null, that it does not run. Left out, with the two below, where exports outlive the server.
   */
  generation?(): Promise<string | null>;
  /** Ids of what was exported on this host, by any back-end, and not taken away again. */
  listRemembered?(): Promise<readonly string[]>;
  /** One of them as it was exported, or null. */
  remembered?(volumeId: string): Promise<RememberedExport | null>;
}
