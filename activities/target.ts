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
  const connection = deps.driver.connection?.bind(deps.driver);
  const pathOf = ({ volumeId, snapshot }: Readable): Promise<LocalPath> =>
    snapshot ? deps.driver.snapshotPath(snapshot) : deps.driver.volumePath(volumeId);
  /** By the back-end's own protocol where it has one, else through the target. */
  const reach = async (request: Readable): Promise<ConnectionInfo> => {
    const { claim, volumeId, snapshot, readonly } = request;
    const exportId = mustBeUuid(idOf(request));
    if (connection) return hostStep(deps, claim, exportId, () => connection({ volumeId, snapshot, readonly }));
    return hostStep(deps, claim, exportId, async (step) => {
      // Within the step: a file server that does not answer is waited for under a heartbeat.
      const path = await pathOf(request);
      const chap = await deps.services.targetSecret(claim, volumeId);
      return target().exportVolume(step, { volumeId: exportId, path, chap, readonly });
    });
  };
  const readsPath = ({ readerHost }: OpenDataRequest): boolean =>
    readerHost === deps.host && !deps.driver.answersImages;
  return {
    async exportVolume({ connector, ...request }) {
      if (connector && !deps.driver.takesAnyConnector) mustBeComplete(connector, target());
      return reach({ ...request, snapshot: null });
    },
    removeExport: ({ claim, volumeId }) =>
      hostStep(deps, claim, volumeId, async (step) => deps.target?.removeExport(step, mustBeUuid(volumeId))),
    refreshExport: ({ claim, volumeId }) =>
      hostStep(deps, claim, volumeId, async (step) => deps.target?.refreshSize(step, mustBeUuid(volumeId))),
    async openData(request) {
      const readable = { ...request, readonly: request.snapshot !== null };
      const { newVolumesReadZero } = deps.driver;
      const exportId = mustBeUuid(idOf(request));
      if (!readsPath(request)) {
        return { kind: 'export', exportId, connection: await reach(readable), newVolumesReadZero };
      }
      const open = (): Promise<LocalPath> => pathOf(readable);
      const { path } = await (deps.driver.closePath ? hostStep(deps, request.claim, exportId, open) : open());
      return { kind: 'path', path, newVolumesReadZero };
    },
    async closeData(request) {
      const exportId = mustBeUuid(idOf(request));
      if (readsPath(request) && !deps.driver.closePath) return;
      await hostStep(deps, request.claim, exportId, async (step) => {
        if (readsPath(request)) await deps.driver.closePath?.(exportId);
        else await deps.target?.removeExport(step, exportId);
      });
    },
  };
}

interface Readable extends Omit<ExportVolumeRequest, 'connector'> {
  readonly snapshot: SnapshotRef | null;
}

/** Throws ConnectorIncomplete, naming what is missing. */
function mustBeComplete(connector: Readonly<Record<string, unknown>>, { connectorNeeds }: TargetDriver): void {
  const missing = connectorNeeds.filter((name) => !Object.hasOwn(connector, name));
  if (missing.length > 0) throw new StorageError('ConnectorIncomplete', missing.join(', '));
}

const idOf = ({ snapshot, volumeId }: Pick<OpenDataRequest, 'snapshot' | 'volumeId'>): string =>
  snapshot?.id ?? volumeId;
