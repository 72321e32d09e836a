// Steps that make a volume reachable over the network and unreachable again, on the host that owns its back-end.
import { StorageError } from '../domain/storage-errors.ts';
import { mustBeUuid } from '../domain/ids.ts';
import type { ConnectionInfo, TargetDriver } from '../drivers/target/target.ts';
import type { LocalPath, SnapshotRef, VolumeDriver } from '../drivers/volume/driver.ts';
import type { HostClaim } from './host-services.ts';
import { hostStep, type HostStepDeps } from './host-step.ts';

export interface ExportVolumeRequest {
  readonly claim: HostClaim;
  readonly volumeId: string;
  readonly readonly: boolean;
  /** Who wants to connect, as a client says it; null where Scoria's own hosts do. */
  readonly connector: Readonly<Record<string, unknown>> | null;
}

export interface RemoveExportRequest {
  readonly claim: HostClaim;
  readonly volumeId: string;
}

/** Bytes that a backup reads or a restore writes: a volume's own, or a snapshot's. */
export interface OpenDataRequest {
  readonly claim: HostClaim;
  readonly volumeId: string;
  readonly snapshot: SnapshotRef | null;
  /** Host of the backup worker: on the same host a path is enough, elsewhere the bytes are exported. */
  readonly readerHost: string;
}

/** How the backup worker reaches the bytes. `exportId` names the export when there is one. */
export type DataAccess = {
  /** A volume created blank for this operation holds zeros wherever the operation has written nothing. */
  readonly newVolumesReadZero: boolean;
} & (
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'export'; readonly exportId: string; readonly connection: ConnectionInfo }
);

export interface TargetActivities {
  exportVolume(request: ExportVolumeRequest): Promise<ConnectionInfo>;
  /** Also the undo of exportVolume. */
  removeExport(request: RemoveExportRequest): Promise<void>;
  /** Tells the target that the volume has grown. */
  refreshExport(request: RemoveExportRequest): Promise<void>;
  openData(request: OpenDataRequest): Promise<DataAccess>;
  /** The undo of openData. */
  closeData(request: OpenDataRequest): Promise<void>;
}

export interface TargetDeps extends HostStepDeps {
  /** This worker's host name, without the back-end. */
  readonly host: string;
  readonly driver: VolumeDriver;
  /** Null when this machine has no target program: nothing can be attached then. */
  readonly target: TargetDriver | null;
}

/** A volume worker's steps on its target. */
export function createTargetActivities(deps: TargetDeps): TargetActivities {
  const target = (): TargetDriver => {
    if (deps.target) return deps.target;
    throw new StorageError(
      'Misconfigured',
      `host ${deps.host} has no iSCSI target program: install tgt and restart the volume worker (see scoria doctor)`,
    );
  };
  const exportPath = async (
    request: Pick<ExportVolumeRequest, 'claim' | 'volumeId' | 'readonly'>,
    exportId: string,
    path: LocalPath,
  ) =>
    hostStep(deps, request.claim, exportId, async (step) => {
      const chap = await deps.services.targetSecret(request.claim, request.volumeId);
      return target().exportVolume(step, { volumeId: exportId, path, chap, readonly: request.readonly });
    });
  const readsPath = ({ readerHost }: OpenDataRequest): boolean =>
    readerHost === deps.host && !deps.driver.answersImages;
  return {
    async exportVolume(request) {
      const id = mustBeUuid(request.volumeId);
      if (request.connector && !deps.driver.takesAnyConnector) mustBeComplete(request.connector, target());
      return exportPath(request, id, await deps.driver.volumePath(id));
    },
    removeExport: ({ claim, volumeId }) =>
      hostStep(deps, claim, volumeId, async (step) => deps.target?.removeExport(step, mustBeUuid(volumeId))),
    refreshExport: ({ claim, volumeId }) =>
      hostStep(deps, claim, volumeId, async (step) => deps.target?.refreshSize(step, mustBeUuid(volumeId))),
    async openData(request) {
      const { snapshot, volumeId } = request;
      const path = snapshot ? await deps.driver.snapshotPath(snapshot) : await deps.driver.volumePath(volumeId);
      const { newVolumesReadZero } = deps.driver;
      if (readsPath(request)) return { kind: 'path', path: path.path, newVolumesReadZero };
      const exportId = mustBeUuid(exportIdOf(request));
      const connection = await exportPath({ ...request, readonly: snapshot !== null }, exportId, path);
      return { kind: 'export', exportId, connection, newVolumesReadZero };
    },
    async closeData(request) {
      if (readsPath(request)) return;
      const exportId = mustBeUuid(exportIdOf(request));
      await hostStep(deps, request.claim, exportId, async (step) => deps.target?.removeExport(step, exportId));
    },
  };
}

/** Throws ConnectorIncomplete, naming what is missing. */
function mustBeComplete(connector: Readonly<Record<string, unknown>>, { connectorNeeds }: TargetDriver): void {
  const missing = connectorNeeds.filter((name) => !Object.hasOwn(connector, name));
  if (missing.length > 0) throw new StorageError('ConnectorIncomplete', missing.join(', '));
}

const exportIdOf = (request: OpenDataRequest): string => request.snapshot?.id ?? request.volumeId;
