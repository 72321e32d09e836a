// The posix backup driver: a container is a directory below `backup_posix_path`, an object is a file in it.
import { chmod, mkdir, open, opendir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { mustBeUuid } from '../../../domain/ids.ts';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { BackupStore, ObjectData } from '../driver.ts';
import { mustBeContainerName } from './container-name.ts';
import { posixError, withPosixErrors } from './errors.ts';
import { mustBeObjectName } from './object-name.ts';
import { partialPrefix, syncDirectory, writeWholeObject } from './whole-object.ts';

/** As Cinder's own driver makes them: https://docs.openstack.org/cinder/latest/configuration/block-storage/backup/posix-backup-driver.html */
const containerMode = 0o770;
const readBytes = 1024 * 1024;
const deletesAtOnce = 16;

export class PosixBackupStore implements BackupStore {
  readonly name = 'posix';
  readonly #base: string;

  /** `basePath` is the value of `backup_posix_path`, absolute. */
  constructor(basePath: string) {
    this.#base = basePath;
  }

  async checkForSetup(): Promise<void> {
    await withPosixErrors(this.#base, async () => {
      await mkdir(this.#base, { recursive: true, mode: containerMode }).catch(rethrowAsDirectory);
      await writeWholeObject(this.#base, probeName, [Buffer.from('writable')], new AbortController().signal);
      await rm(join(this.#base, probeName), { force: true });
    });
  }

  defaultContainer(backupId: string): string {
    const id = mustBeUuid(backupId);
    return `${id.slice(0, 2)}/${id.slice(2, 4)}/${id}`;
  }

  async ensureContainer(container: string): Promise<void> {
    const path = this.#directory(container);
    await withPosixErrors(path, async () => {
      const first = await mkdir(path, { recursive: true, mode: containerMode }).catch(rethrowAsDirectory);
      if (first === undefined) return;
      // mkdir()'s mode is cut down by the umask; and what is new must survive a power cut, up to its oldest parent.
      await chmod(path, containerMode);
      for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
    });
  }

  async list(container: string, prefix: string): Promise<readonly string[]> {
    return (await this.#files(container, prefix)).sort();
  }

  async put(container: string, name: string, data: ObjectData, signal: AbortSignal): Promise<void> {
    const path = this.#directory(container);
    await withPosixErrors(path, () => writeWholeObject(path, mustBeObjectName(name), data, signal));
  }

  async *get(container: string, name: string): AsyncGenerator<Uint8Array> {
    const path = join(this.#directory(container), mustBeObjectName(name));
    try {
      const file = await open(path, 'r');
      try {
        for (let position = 0; ;) {
          const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(readBytes), 0, readBytes, position);
          if (bytesRead === 0) return;
          position += bytesRead;
          yield buffer.subarray(0, bytesRead);
        }
      } finally {
        await file.close();
      }
    } catch (error) {
      const translated = posixError(error, path);
      if (!(translated instanceof StorageError) || translated.code !== 'Missing') throw translated;
      throw new StorageError('Missing', `backup object ${name} is missing in container ${container} (${path})`, {
        cause: error,
      });
    }
  }

  async delete(container: string, names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const path = this.#directory(container);
    const paths = names.map((name) => join(path, mustBeObjectName(name)));
    await withPosixErrors(path, () => removeFiles(path, paths));
  }

  async removeLitter(container: string, prefix: string): Promise<void> {
    const path = this.#directory(container);
    const litter = await this.#files(container, partialPrefix + prefix);
    await withPosixErrors(path, () =>
      removeFiles(
        path,
        litter.map((name) => join(path, name)),
      ),
    );
  }

  async removeContainerIfEmpty(container: string): Promise<void> {
    for (let path = this.#directory(container); path.length > this.#base.length; path = dirname(path)) {
      try {
        await rmdir(path);
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') continue;
        if (errnoOf(error) === 'ENOTEMPTY' || errnoOf(error) === 'EEXIST') return;
        throw posixError(error, path);
      }
    }
  }

  #directory(container: string): string {
    return join(this.#base, mustBeContainerName(container));
  }

  async #files(container: string, prefix: string): Promise<string[]> {
    const path = this.#directory(container);
    const names: string[] = [];
    try {
      for await (const entry of await opendir(path)) {
        if (entry.isFile() && entry.name.startsWith(prefix)) names.push(entry.name);
      }
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw posixError(error, path);
    }
    return names;
  }
}

const probeName = 'scoria-write-probe';

async function removeFiles(directory: string, paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  for (let first = 0; first < paths.length; first += deletesAtOnce) {
    await Promise.all(paths.slice(first, first + deletesAtOnce).map((path) => rm(path, { force: true })));
  }
  await syncDirectory(directory).catch((error: unknown) => {
    if (errnoOf(error) !== 'ENOENT') throw error;
  });
}

/** mkdir answers EEXIST when a file is in the way. */
function rethrowAsDirectory(error: unknown): never {
  throw errnoOf(error) === 'EEXIST' ? Object.assign(new Error('a file is in the way'), { code: 'ENOTDIR' }) : error;
}

function errnoOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
