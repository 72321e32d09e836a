// Reads and changes LIO's objects in configfs; what is there already, or gone already, is success.
import { access, readdir, readFile, readlink } from 'node:fs/promises';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { Argv } from '../../../privileged/argv.ts';
import { runAsRoot } from '../../../privileged/root.ts';
import { CommandFailedError } from '../../../privileged/run.ts';
import type { StepContext } from '../../step.ts';
import * as commands from './commands.ts';

/** The kernel answers at once, but for a target that is disabled: it waits for the requests of its initiators. */
const silenceTimeoutMs = 60_000;

export class LioConfigfs {
  readonly #step: Pick<StepContext, 'signal' | 'lockFd'>;

  constructor(step: Pick<StepContext, 'signal' | 'lockFd'>) {
    this.#step = step;
  }

  async make(...directories: readonly string[]): Promise<void> {
    await this.#run(commands.makeObjects(...directories));
  }

  /** Throws PermissionDenied, CommandFailed with the attribute's path. */
  async set(path: string, value: string): Promise<void> {
    await this.#run(commands.setAttribute(path), value);
  }

  async link(target: string, path: string): Promise<void> {
    if ((await readlink(path).catch(() => null)) === null) await this.#run(commands.link(target, path));
  }

  async unlink(path: string): Promise<void> {
    if ((await readlink(path).catch(() => null)) !== null) await this.#run(commands.unlink(path));
  }

  async remove(directory: string): Promise<void> {
    if (await isThere(directory)) await this.#run(commands.removeObject(directory));
  }

  async #run(argv: Argv, input?: string): Promise<void> {
    const { signal, lockFd } = this.#step;
    try {
      await runAsRoot(argv, { silenceTimeoutMs, signal, lockFd, ...(input === undefined ? {} : { input }) });
    } catch (error) {
      throw asBusy(error);
    }
  }
}

/** EBUSY passes: an initiator, or a command of somebody else's, is still on it. */
function asBusy(error: unknown): unknown {
  if (!(error instanceof CommandFailedError) || !error.stderr.includes('Device or resource busy')) return error;
  return new StorageError('Busy', error.message, { cause: error });
}

export async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Names in a directory; none when it is not there. */
export async function namesIn(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}

/** An attribute's value without its line end; null when it is not there. */
export async function attribute(path: string): Promise<string | null> {
  return readFile(path, 'utf8').then(
    (text) => text.trim(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    },
  );
}
