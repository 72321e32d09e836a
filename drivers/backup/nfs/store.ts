// The NFS backup driver: containers and objects as the posix driver keeps them, on a share that it mounts itself.
//
// Every touch of the share is a command with a limit on its silence: when the server is away, the command is ended and
// the operation says so; a thread of the worker that waits for such a server could not be ended.
import { dirname, join } from 'node:path';
import { mustBeUuid } from '../../../domain/ids.ts';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { Argv } from '../../../privileged/argv.ts';
import { pipeThrough } from '../../../privileged/pipe-through.ts';
import { CommandFailedError } from '../../../privileged/run.ts';
import * as commands from '../../nfs/commands.ts';
import type { ShareMount } from '../../nfs/mount.ts';
import type { BackupStore, ObjectData } from '../driver.ts';
import { mustBeContainerName } from '../posix/container-name.ts';
import { mustBeObjectName } from '../posix/object-name.ts';
import { partialPrefix } from '../posix/whole-object.ts';

const silenceTimeoutMs = 60_000;
/** Command lines have a limit of two megabytes. */
const namesAtOnce = 1_000;
const probeName = 'scoria-write-probe';

export class NfsBackupStore implements BackupStore {
  readonly name = 'nfs';
  readonly #share: ShareMount;

  constructor(share: ShareMount) {
    this.#share = share;
  }

  async checkForSetup(): Promise<void> {
    const base = await this.#share.mounted();
    await this.#write(join(base, probeName), [Buffer.from('writable')], new AbortController().signal);
    await this.#run(commands.removeFiles([join(base, probeName)]));
  }

  defaultContainer(backupId: string): string {
    const id = mustBeUuid(backupId);
    return `${id.slice(0, 2)}/${id.slice(2, 4)}/${id}`;
  }

  async ensureContainer(container: string): Promise<void> {
    await this.#run(commands.makeDirectory(await this.#directory(container)));
  }

  async list(container: string, prefix: string): Promise<readonly string[]> {
    return this.#files(await this.#directory(container), prefix);
  }

  async put(container: string, name: string, data: ObjectData, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const directory = await this.#directory(container);
    const partial = join(directory, partialPrefix + mustBeObjectName(name));
    try {
      await this.#write(partial, data, signal);
      signal.throwIfAborted();
      // The server has it on its disk when it answers: RFC 7530, section 16.25.
      await this.#run(commands.renameFile(partial, join(directory, name)));
    } catch (error) {
      // A server that is away keeps it; whoever writes the object next begins it anew.
      const isAway = error instanceof StorageError && error.code === 'Unreachable';
      if (!isAway) await this.#run(commands.removeFiles([partial])).catch(() => undefined);
      throw error;
    }
  }

  async *get(container: string, name: string): AsyncGenerator<Uint8Array> {
    const path = join(await this.#directory(container), mustBeObjectName(name));
    const { signal } = new AbortController();
    try {
      yield* pipeThrough(commands.readFile(path), nothing(), { silenceTimeoutMs, signal });
    } catch (error) {
      if (!isNotThere(error)) throw this.#share.translate(error);
      throw new StorageError('Missing', `backup object ${name} is missing in container ${container} (${path})`, {
        cause: error,
      });
    }
  }

  async delete(container: string, names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const directory = await this.#directory(container);
    await this.#remove(names.map((name) => join(directory, mustBeObjectName(name))));
  }

  async removeLitter(container: string, prefix: string): Promise<void> {
    const directory = await this.#directory(container);
    const litter = await this.#files(directory, partialPrefix + prefix);
    await this.#remove(litter.map((name) => join(directory, name)));
  }

  async removeContainerIfEmpty(container: string): Promise<void> {
    const base = await this.#share.mounted();
    for (let path = join(base, mustBeContainerName(container)); path.length > base.length; path = dirname(path)) {
      try {
        await this.#run(commands.removeDirectory(path));
      } catch (error) {
        if (isNotThere(error)) continue;
        if (saidBy(error).includes('Directory not empty')) return;
        throw error;
      }
    }
  }

  async #directory(container: string): Promise<string> {
    const name = mustBeContainerName(container);
    return join(await this.#share.mounted(), name);
  }

  async #files(directory: string, prefix: string): Promise<string[]> {
    try {
      const { stdout } = await this.#run(commands.listFiles(directory));
      return stdout
        .split('\0')
        .filter((name) => name !== '' && name.startsWith(prefix))
        .toSorted();
    } catch (error) {
      if (isNotThere(error)) return [];
      throw error;
    }
  }

  async #remove(paths: readonly string[]): Promise<void> {
    for (let first = 0; first < paths.length; first += namesAtOnce) {
      await this.#run(commands.removeFiles(paths.slice(first, first + namesAtOnce)));
    }
  }

  async #write(path: string, data: ObjectData, signal: AbortSignal): Promise<void> {
    try {
      for await (const said of pipeThrough(commands.writeFile(path), asyncly(data), { silenceTimeoutMs, signal })) {
        throw new StorageError('UnexpectedOutput', `dd said ${JSON.stringify(Buffer.from(said).toString('utf8'))}`);
      }
      // As Cinder's own driver leaves its objects; dd's mode is cut down by the umask.
      await this.#run(commands.setMode(path, '660'));
    } catch (error) {
      throw this.#share.translate(error);
    }
  }

  #run(argv: Argv): Promise<{ readonly stdout: string }> {
    return this.#share.run(argv, { silenceTimeoutMs });
  }
}

function saidBy(error: unknown): string {
  if (error instanceof CommandFailedError) return error.stderr;
  const { cause } = error as Error;
  return cause instanceof CommandFailedError ? cause.stderr : '';
}

const isNotThere = (error: unknown): boolean => saidBy(error).includes('No such file or directory');

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function* asyncly(data: ObjectData): AsyncGenerator<Uint8Array> {
  yield* data;
}
