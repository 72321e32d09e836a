// Taking over files that others put into a file back-end's directory, and giving them back: all by renaming.
import { lstat, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesPerGib } from '../../../domain/bytes.ts';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { ManageableObject, ManageCapability } from '../driver.ts';
import { snapshotName, volumeName } from './names.ts';
import { syncDirectory } from './whole-file.ts';

const statsAtOnce = 64;
const snapshotPrefix = 'snapshot-';

/** Runs work on the directory with its errors translated: the driver's own way. */
type OnDisk = <T>(work: () => Promise<T>) => Promise<T>;

export class FileManageCapability implements ManageCapability {
  readonly #directory: string;
  readonly #onDisk: OnDisk;

  constructor(directory: string, onDisk: OnDisk) {
    this.#directory = directory;
    this.#onDisk = onDisk;
  }

  /** A file does not say which volume it is a snapshot of: what is named like one is listed as one. */
  async list(): Promise<{
    readonly volumes: readonly ManageableObject[];
    readonly snapshots: readonly ManageableObject[];
  }> {
    const found = await this.#onDisk(() => this.#readAll());
    const isSnapshot = ({ name }: ManageableObject): boolean => name.startsWith(snapshotPrefix);
    return { volumes: found.filter((object) => !isSnapshot(object)), snapshots: found.filter(isSnapshot) };
  }

  adoptVolume(_step: unknown, name: string, volumeId: string): Promise<{ readonly sizeGib: number }> {
    return this.#adopt(name, volumeName(volumeId));
  }

  abandonVolume(_step: unknown, volumeId: string, name: string): Promise<void> {
    return this.#giveBack(volumeName(volumeId), name);
  }

  adoptSnapshot(_step: unknown, name: string, { id }: { readonly id: string }): Promise<{ readonly sizeGib: number }> {
    return this.#adopt(name, snapshotName(id));
  }

  abandonSnapshot(_step: unknown, { id }: { readonly id: string }, name: string): Promise<void> {
    return this.#giveBack(snapshotName(id), name);
  }

  async #adopt(name: string, ours: string): Promise<{ readonly sizeGib: number }> {
    mustBePlainName(name);
    return this.#onDisk(async () => {
      if (!(await isFile(join(this.#directory, ours)))) {
        if (!(await isFile(join(this.#directory, name)))) {
          throw new StorageError('ManageRefused', `${name} is not a file of this back-end`);
        }
        await this.#rename(name, ours);
      }
      const { size } = await stat(join(this.#directory, ours));
      return { sizeGib: wholeGib(size) };
    });
  }

  async #giveBack(ours: string, name: string): Promise<void> {
    mustBePlainName(name);
    await this.#onDisk(async () => {
      if (!(await isFile(join(this.#directory, ours)))) return;
      // Someone may have put another file there since: nothing of theirs is overwritten.
      if (await isFile(join(this.#directory, name))) {
        throw new StorageError('NotOurs', `${name} exists again; rename ${ours} by hand`);
      }
      await this.#rename(ours, name);
    });
  }

  async #rename(from: string, to: string): Promise<void> {
    await rename(join(this.#directory, from), join(this.#directory, to));
    await syncDirectory(this.#directory);
  }

  async #readAll(): Promise<ManageableObject[]> {
    const entries = await readdir(this.#directory, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isFile() && isPlainName(entry.name)).map((entry) => entry.name);
    const found: ManageableObject[] = [];
    for (let first = 0; first < names.length; first += statsAtOnce) {
      const batch = names.slice(first, first + statsAtOnce).map(async (name) => {
        const status = await stat(join(this.#directory, name)).catch(() => null);
        return status === null ? [] : [{ name, sizeGib: wholeGib(status.size), sourceName: null }];
      });
      found.push(...(await Promise.all(batch)).flat());
    }
    return found;
  }
}

const wholeGib = (bytes: number): number => Math.max(1, Math.ceil(bytes / bytesPerGib));

const isPlainName = (name: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9._+:-]{0,254}$/.test(name);

/** A name comes from a person: it may name a file of the directory itself, and nothing else. */
function mustBePlainName(name: string): void {
  if (isPlainName(name)) return;
  throw new StorageError('ManageRefused', `${JSON.stringify(name)} is not a name of a file of this back-end`);
}

/** Symbolic links lead elsewhere and are none. */
async function isFile(path: string): Promise<boolean> {
  const status = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return status?.isFile() ?? false;
}
