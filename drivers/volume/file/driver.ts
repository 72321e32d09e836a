// The volume driver `file`: each volume and snapshot is a sparse file in one directory.
import { access, constants, mkdir, readdir, rename, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { gibToBytes } from '../../../domain/bytes.ts';
import { StorageError } from '../../../domain/storage-errors.ts';
import { copyData, mustFit, reflinkFile } from '../../data/copy-file.ts';
import { eraseFile } from '../../data/erase-file.ts';
import { translateFsError, type PathOrigin } from '../../data/fs-errors.ts';
import type { StepContext } from '../../step.ts';
import type { LocalPath, PoolStats, SnapshotRef, VolumeDriver, VolumeRef, VolumeSource } from '../driver.ts';
import type { FileVolumeOptions } from './config.ts';
import { FileManageCapability } from './manage.ts';
import { idIn, partialDirectory, snapshotName, volumeName } from './names.ts';
import { poolStats } from './stats.ts';
import { growFile, makeWhole, removePartials, removeWhole, syncDirectory } from './whole-file.ts';

const bytesPerMib = 1024 ** 2;
const blockBytes = 512;

export class FileVolumeDriver implements VolumeDriver {
  readonly name = 'file';
  readonly newVolumesReadZero = true;
  /** CHAP decides, and QEMU's own initiator is nameless: a connector that only says which host it is will do. */
  readonly takesAnyConnector: boolean = true;
  readonly manage: FileManageCapability;
  readonly #options: FileVolumeOptions;
  readonly #origin: PathOrigin;

  constructor(options: FileVolumeOptions) {
    this.#options = options;
    this.#origin = { option: `${options.volume_backend_name}.file_volumes_dir`, path: options.file_volumes_dir };
    this.manage = new FileManageCapability(options.file_volumes_dir, (work) => this.#onDisk(work));
  }

  /** Throws StorageError Misconfigured, PermissionDenied or Missing, each naming the option and the directory. */
  async checkForSetup(): Promise<void> {
    await this.#onDisk(async () => {
      const status = await stat(this.#directory);
      if (!status.isDirectory()) throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR' });
      await access(this.#directory, constants.R_OK | constants.W_OK | constants.X_OK);
      await mkdir(join(this.#directory, partialDirectory), { recursive: true, mode: 0o700 });
    });
  }

  async stats(): Promise<readonly PoolStats[]> {
    return this.#onDisk(async () => [await poolStats(this.#options)]);
  }

  async createVolume(step: StepContext, volume: VolumeRef, source: VolumeSource): Promise<void> {
    const sizeBytes = gibToBytes(volume.sizeGib);
    const from = source.kind === 'blank' ? null : await this.#sourcePath(source, sizeBytes);
    await this.#make(step, volumeName(volume.id), sizeBytes, from);
  }

  async deleteVolume(step: StepContext, volume: VolumeRef): Promise<void> {
    await this.#delete(step, volumeName(volume.id));
  }

  async extendVolume(_step: StepContext, volume: VolumeRef, newSizeGib: number): Promise<void> {
    const { path } = await this.volumePath(volume.id);
    await this.#onDisk(() => growFile(path, gibToBytes(newSizeGib)));
  }

  async renameVolume(_step: StepContext, volume: VolumeRef, newId: string): Promise<void> {
    const [from, to] = [volume.id, newId].map((id) => join(this.#directory, volumeName(id))) as [string, string];
    await this.#onDisk(async () => {
      if (await exists(to)) {
        if (!(await exists(from))) return;
        throw new StorageError(
          'NotOurs',
          `${to} is there still: ${from} cannot take its name (${this.#origin.option})`,
        );
      }
      await rename((await this.volumePath(volume.id)).path, to);
      await syncDirectory(this.#directory);
    });
  }

  async createSnapshot(step: StepContext, snapshot: SnapshotRef): Promise<void> {
    const { path } = await this.volumePath(snapshot.volumeId);
    await this.#make(step, snapshotName(snapshot.id), 0, path);
  }

  async deleteSnapshot(step: StepContext, snapshot: SnapshotRef): Promise<void> {
    await this.#delete(step, snapshotName(snapshot.id));
  }

  async volumePath(volumeId: string): Promise<LocalPath> {
    return this.#existing(volumeName(volumeId));
  }

  async snapshotPath(snapshot: SnapshotRef): Promise<LocalPath> {
    return this.#existing(snapshotName(snapshot.id));
  }

  async listObjects(): Promise<{ readonly volumeIds: readonly string[]; readonly snapshotIds: readonly string[] }> {
    const names = await this.#onDisk(() => readdir(this.#directory));
    const idsOf = (prefix: 'volume' | 'snapshot'): readonly string[] =>
      names.flatMap((name) => idIn(name, prefix) ?? []);
    return { volumeIds: idsOf('volume'), snapshotIds: idsOf('snapshot') };
  }

  async volumeBytes(volumeIds: readonly string[]): Promise<Readonly<Record<string, number>>> {
    const sizes: Record<string, number> = {};
    for (const id of volumeIds) {
      const status = await stat(join(this.#directory, volumeName(id))).catch(() => null);
      if (status) sizes[id] = status.size;
    }
    return sizes;
  }

  get #directory(): string {
    return this.#options.file_volumes_dir;
  }

  /** Throws Missing, and SourceTooLarge when the new volume could not hold the source. */
  async #sourcePath(source: Exclude<VolumeSource, { kind: 'blank' }>, sizeBytes: number): Promise<string> {
    const { path } =
      source.kind === 'snapshot' ? await this.snapshotPath(source.snapshot) : await this.volumePath(source.volume.id);
    const { size } = await stat(path);
    if (size > sizeBytes)
      throw new StorageError('SourceTooLarge', `the source has ${size} bytes, the new volume ${sizeBytes}`);
    return path;
  }

  /** A file under its final name was made by this operation or an earlier try of it: names are never used twice. */
  async #make(step: StepContext, name: string, sizeBytes: number, from: string | null): Promise<void> {
    const path = join(this.#directory, name);
    await this.#onDisk(async () => {
      if (await exists(path)) return growFile(path, sizeBytes);
      return makeWhole(step, this.#directory, name, sizeBytes, async (partial) => {
        if (from === null || (await reflinkFile(from, partial))) return;
        mustFit((await stat(from)).blocks * blockBytes, await this.#freeBytes(), this.#origin);
        await copyData(step, from, partial, this.#origin);
      });
    });
  }

  async #delete(step: StepContext, name: string): Promise<void> {
    const path = join(this.#directory, name);
    await this.#onDisk(async () => {
      // Made by checkForSetup: without it this is not the directory that the volumes are in (a mount has gone, say),
      // and "not there" would be taken for "deleted".
      await access(join(this.#directory, partialDirectory));
      await removePartials(this.#directory, name);
      if (!(await exists(path))) return;
      const { volume_clear: clear, volume_clear_size: clearMib } = this.#options;
      if (clear === 'zero') await eraseFile(step, path, clearMib === 0 ? Infinity : clearMib * bytesPerMib);
      await removeWhole(path);
    });
  }

  async #existing(name: string): Promise<LocalPath> {
    const path = join(this.#directory, name);
    if (!(await this.#onDisk(() => exists(path)))) {
      throw new StorageError('Missing', `${path} is not there (option ${this.#origin.option})`);
    }
    return { path, kind: 'file' };
  }

  async #freeBytes(): Promise<number> {
    const { bsize, bavail } = await statfs(this.#directory);
    return bavail * bsize;
  }

  async #onDisk<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw translateFsError(error, this.#origin);
    }
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
