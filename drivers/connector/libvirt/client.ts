// Runs virsh, hands it files, and turns what fails into words.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustBeUuid } from '../../../domain/ids.ts';
import type { Argv } from '../../../privileged/argv.ts';
import { runAsRoot } from '../../../privileged/root.ts';
import { CommandFailedError } from '../../../privileged/run.ts';
import type { LibvirtConnection } from './commands.ts';
import { translateFailure } from './failures.ts';

export interface LibvirtHost extends LibvirtConnection {
  /** What virsh reads from files, secrets too, passes through here; made for root's eyes only. */
  readonly workDirectory: string;
}

/** Who asks: to stop when asked to, and to let an orphaned virsh keep the volume's lock. */
export interface Caller {
  readonly signal?: AbortSignal;
  readonly lockFd?: number;
}

/** virsh waits at most 30 s for another job on the same instance; longer silence means that libvirtd or QEMU hangs. */
const silenceTimeoutMs = 60_000;

/**
 * Answers what virsh printed. `what` opens the error's text: "plugging volume … into instance …". Throws StorageError as
 * failures.ts says, CommandMissing or CommandTimeout.
 */
export async function virsh(what: string, argv: Argv, { signal, lockFd }: Caller = {}): Promise<string> {
  try {
    return (await runAsRoot(argv, { silenceTimeoutMs, signal, lockFd })).stdout;
  } catch (error) {
    throw error instanceof CommandFailedError ? translateFailure(error.stderr, what) : error;
  }
}

/**
 * Calls `use` with the path of a file that holds `content`, and removes it afterwards. It is named by the volume, whose
 * lock the caller holds: what a killed worker left is overwritten and removed when its step is repeated.
 * A file and not stdin: what Node connects there is a socket, which /dev/stdin cannot open again.
 */
export async function withInputFile<T>(
  { workDirectory }: LibvirtHost,
  volumeId: string,
  content: string,
  use: (path: string) => Promise<T>,
): Promise<T> {
  await mkdir(workDirectory, { recursive: true, mode: 0o700 });
  const path = join(workDirectory, mustBeUuid(volumeId));
  try {
    await writeFile(path, content, { mode: 0o600 });
    return await use(path);
  } finally {
    await rm(path, { force: true });
  }
}
