// The "target" of volumes on NFS: nothing is exported, initiators mount the share; what is kept is who may have it open.
import { basename, dirname } from 'node:path';
import { StorageError } from '../../../domain/storage-errors.ts';
import { mountDirectory } from '../../nfs/share.ts';
import type { StepContext } from '../../step.ts';
import { exportName, notesDirectory, volumeName } from '../../volume/nfs/names.ts';
import type { ShareFiles } from '../../volume/nfs/share-files.ts';
import type { NfsShares } from '../../volume/nfs/shares.ts';
import type { ConnectionInfo, ExportRequest, TargetDriver } from '../target.ts';

export class NfsTargetDriver implements TargetDriver {
  readonly name = 'nfs';
  readonly connectorNeeds = [];
  readonly #shares: NfsShares;
  readonly #mountPointBase: string;

  constructor(shares: NfsShares, mountPointBase: string) {
    this.#shares = shares;
    this.#mountPointBase = mountPointBase;
  }

  async checkForSetup(): Promise<void> {
    await this.#shares.configured();
  }

  /** Notes on the share that somebody may have it open: its chain of files is not changed then. */
  async exportVolume(step: StepContext, { volumeId, path, readonly }: ExportRequest): Promise<ConnectionInfo> {
    const files = await this.#shareAt(dirname(path.path));
    const { operationId, epoch } = step;
    await this.#shares.prepare(files);
    await files.writeText(exportName(volumeId), `${JSON.stringify({ operationId, epoch })}\n`);
    const options = await this.#shares.optionsOf(files.share);
    return {
      driver_volume_type: 'nfs',
      data: {
        export: files.share,
        name: basename(path.path),
        format: path.kind === 'qcow2' ? 'qcow2' : 'raw',
        ...(options === null ? {} : { options: `-o ${options}` }),
        volume_id: volumeId,
        encrypted: false,
        qos_specs: null,
        access_mode: readonly ? 'ro' : 'rw',
      },
      mount_point_base: this.#mountPointBase,
    };
  }

  /** A volume that is attached does not grow. */
  async refreshSize(): Promise<void> {}

  async removeExport(_step: StepContext, volumeId: string): Promise<void> {
    // A share that is away is of no matter when the volume is on another.
    await this.#shares.find(async (files) => {
      const found = await files.sizes([volumeName(volumeId), exportName(volumeId)]);
      if (found.has(exportName(volumeId))) await files.remove([exportName(volumeId)]);
      return found.size > 0 ? true : null;
    });
  }

  async listExports(): Promise<readonly string[]> {
    const ids: string[] = [];
    const prefix = 'export-';
    for (const files of await this.#shares.open()) {
      const names = await files.names(notesDirectory);
      ids.push(...names.flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : [])));
    }
    return ids;
  }

  async #shareAt(directory: string): Promise<ShareFiles> {
    const files = await this.#shares.find((each) =>
      Promise.resolve(basename(directory) === mountDirectory(each.share) ? each : null),
    );
    if (files) return files;
    throw new StorageError('Missing', `${directory} is the mount point of no share that is configured`);
  }
}
