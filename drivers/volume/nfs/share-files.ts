// Files of one mounted share, all touched by commands: one that hangs with its server is ended, and the step says why.
import { join } from 'node:path';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { Argv } from '../../../privileged/argv.ts';
import { CommandFailedError, type RunResult } from '../../../privileged/run.ts';
import * as files from '../../nfs/commands.ts';
import type { ShareMount } from '../../nfs/mount.ts';
import type { StepContext } from '../../step.ts';
import { allocatedBytes } from './commands.ts';
import { notesDirectory } from './names.ts';
import { parseAllocated, parseSpace, percentIn, type Space } from './parse.ts';

const silenceTimeoutMs = 60_000;
/** Copies tell their progress, but not while they read a hole. */
const copySilenceMs = 300_000;
/** du looks at every file. */
const countSilenceMs = 300_000;

type StepLike = Pick<StepContext, 'signal'> & Partial<Pick<StepContext, 'lockFd'>>;

export class ShareFiles {
  readonly directory: string;
  readonly share: string;
  readonly #mount: ShareMount;

  private constructor(mount: ShareMount, directory: string) {
    this.#mount = mount;
    this.share = mount.share;
    this.directory = directory;
  }

  /** Throws what NfsMount.mounted throws. */
  static async open(mount: ShareMount): Promise<ShareFiles> {
    return new ShareFiles(mount, await mount.mounted());
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Those of `names` that are there, with their size. */
  async sizes(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { stdout } = await this.#run(files.statusOf(names.map((name) => this.path(name))), { okExitCodes: [0, 1] });
    const rows = stdout.split('\n').flatMap((line) => {
      const [, size, , , path = ''] = line.split('|');
      return size === undefined ? [] : [[path.slice(this.directory.length + 1), Number(size)] as const];
    });
    return new Map(rows);
  }

  /** Names of plain files in a directory of the share; one that is not there has none. */
  async names(directory = '.'): Promise<readonly string[]> {
    try {
      const { stdout } = await this.#run(files.listFiles(this.path(directory)));
      return stdout.split('\0').filter(Boolean);
    } catch (error) {
      if (isNotThere(error)) return [];
      throw error;
    }
  }

  /** Null when it is not there. */
  async readText(name: string): Promise<string | null> {
    try {
      return (await this.#run(files.readFile(this.path(name)))).stdout;
    } catch (error) {
      if (isNotThere(error)) return null;
      throw error;
    }
  }

  /** All of it or nothing, and on the server's disk. */
  async writeText(name: string, text: string): Promise<void> {
    const path = this.path(name);
    await this.#run(files.writeFile(`${path}.new`), { input: text });
    await this.#run(files.renameFile(`${path}.new`, path));
  }

  /** Where marks, notes and half-made files go. */
  async makeNotesDirectory(): Promise<void> {
    await this.#run(files.makeDirectory(this.path(notesDirectory)));
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#run(files.renameFile(this.path(from), this.path(to)));
  }

  /** Removes the plain files of the notes' directory whose names begin with `prefix`. */
  async removeNotes(prefix: string): Promise<void> {
    try {
      await this.#run(files.removeBeginningWith(this.path(notesDirectory), prefix));
    } catch (error) {
      if (!isNotThere(error)) throw error;
    }
  }

  /** With what a `writeText` that died has left. Not there is success. */
  async removeTexts(names: readonly string[]): Promise<void> {
    await this.remove(names.flatMap((name) => [name, `${name}.new`]));
  }

  /** Not there is success. */
  async remove(names: readonly string[]): Promise<void> {
    if (names.length > 0) await this.#run(files.removeFiles(names.map((name) => this.path(name))));
  }

  async setMode(name: string, mode: string): Promise<void> {
    await this.#run(files.setMode(this.path(name), mode));
  }

  async space(): Promise<Space> {
    return parseSpace((await this.#run(files.fileSystemOf(this.directory))).stdout);
  }

  /** What Cinder calls allocated. Files that go while du looks are no failure. */
  async allocatedBytes(): Promise<number> {
    const options = { okExitCodes: [0, 1], silenceTimeoutMs: countSilenceMs };
    return parseAllocated((await this.#run(allocatedBytes(this.directory), options)).stdout);
  }

  /** A qemu-img command on files of this share. Throws Busy for an image that somebody has open. */
  async image(argv: Argv, step?: StepLike): Promise<string> {
    try {
      return (await this.#run(argv, { signal: step?.signal, lockFd: step?.lockFd, silenceTimeoutMs: copySilenceMs }))
        .stdout;
    } catch (error) {
      throw ofImage(error);
    }
  }

  /** The same for one that tells its progress; it ends with this process, because a successor begins anew. */
  async copy(argv: Argv, step: StepContext, bytesTotal: number): Promise<void> {
    const onOutput = (text: string): void => {
      const percent = percentIn(text);
      if (percent !== null) step.reportProgress(Math.round((bytesTotal * percent) / 100), bytesTotal);
    };
    const { signal, lockFd } = step;
    try {
      await this.#run(argv, { signal, lockFd, onOutput, silenceTimeoutMs: copySilenceMs, endsWithParent: true });
    } catch (error) {
      throw ofImage(error);
    }
  }

  #run(argv: Argv, options: Partial<Parameters<ShareMount['run']>[1]> = {}): Promise<RunResult> {
    return this.#mount.run(argv, { silenceTimeoutMs, ...options });
  }
}

/** QEMU locks what it has open: https://qemu-project.gitlab.io/qemu/system/images.html#disk-image-file-locking */
function ofImage(error: unknown): unknown {
  if (!(error instanceof CommandFailedError) || !/Failed to get .*lock/i.test(error.stderr)) return error;
  return new StorageError('Busy', `an instance or a copy has the image open: ${error.message}`, { cause: error });
}

function isNotThere(error: unknown): boolean {
  const said = error instanceof CommandFailedError ? error : (error as Error).cause;
  return said instanceof CommandFailedError && said.stderr.includes('No such file or directory');
}
