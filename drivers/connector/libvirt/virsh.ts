// Calls virsh, and turns what fails into words.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustBeUuid } from '../../../domain/ids.ts';
import { runAsRoot } from '../../../privileged/root.ts';
import { CommandFailedError } from '../../../privileged/run.ts';
import { translateFailure } from './failures.ts';

/** Who asks: to stop when asked to, and to let an orphaned virsh keep the volume's lock. */
export interface VirshCaller {
  readonly signal?: AbortSignal;
  readonly lockFd?: number;
}

export interface VirshOptions {
  /** `qemu:///system`, or `qemu+unix:///system?socket=…` for a libvirtd of our own. */
  readonly connectionUri: string;
  /** What virsh reads from files, secrets too, passes through here; made for root's eyes only. */
  readonly workDirectory: string;
}

export interface VirshFile {
  /** Names the file: what a killed worker left is overwritten and removed when its step is repeated. */
  readonly volumeId: string;
  readonly content: string;
}

export interface Virsh {
  /** Runs `virsh --connect … words`; answers its output. `what` opens the error's text: "plugging volume …". */
  run(what: string, words: readonly string[], caller?: VirshCaller): Promise<string>;
  /** The same with the file's path in place of the word `{file}`; the file is removed afterwards. */
  runWithFile(what: string, words: readonly string[], file: VirshFile, caller?: VirshCaller): Promise<string>;
}

/** virsh waits at most 30 s for another job on the same instance; longer silence means that libvirtd or QEMU hangs. */
const silenceTimeoutMs = 60_000;

/** Speaks to the libvirtd at `connectionUri`. Its calls throw StorageError as failures.ts says. */
export function createVirsh({ connectionUri, workDirectory }: VirshOptions): Virsh {
  const run: Virsh['run'] = async (what, words, caller = {}) => {
    try {
      const { stdout } = await runAsRoot(['virsh', '--connect', connectionUri, '--quiet', ...words], {
        ...caller,
        silenceTimeoutMs,
      });
      return stdout;
    } catch (error) {
      throw error instanceof CommandFailedError ? translateFailure(error.stderr, what) : error;
    }
  };
  return {
    run,
    // A file and not stdin: what Node connects there is a socket, which /dev/stdin cannot open again.
    runWithFile: async (what, words, { volumeId, content }, caller) => {
      await mkdir(workDirectory, { recursive: true, mode: 0o700 });
      const path = join(workDirectory, mustBeUuid(volumeId));
      try {
        await writeFile(path, content, { mode: 0o600 });
        return await run(what, words.map((word) => (word === '{file}' ? path : word)), caller);
      } finally {
        await rm(path, { force: true });
      }
    },
  };
}
