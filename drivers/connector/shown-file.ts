// A volume's bytes as a file, shown by a qemu-storage-daemon through FUSE: what connectors share that cannot show a path.
//
// One daemon per connected volume, in <state_path>/connections/<volume id>/: `disk` is the volume, `pid` remembers the
// daemon, which goes on when the worker is restarted.
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustBeUuid } from '../../domain/ids.ts';
import { StorageError } from '../../domain/storage-errors.ts';
import { revealed, type Argv } from '../../privileged/argv.ts';
import { startDaemon } from '../../privileged/daemon.ts';
import { minimalEnvironment } from '../../privileged/environment.ts';
import { endRememberedProcess, rememberedProcess, rememberProcess } from '../../privileged/leftover.ts';
import { rootCommand, runAsRoot } from '../../privileged/root.ts';
import { eventually } from '../data/eventually.ts';
import { mountAt } from '../nfs/mounts.ts';
import type { StepContext } from '../step.ts';

const showTimeoutMs = 30_000;
/** Closing writes out what is still cached. */
const hideGraceMs = 30_000;

export interface Place {
  readonly directory: string;
  readonly disk: string;
  readonly pidFile: string;
  readonly logFile: string;
  readonly passwordFile: string;
}

export function placeOf(statePath: string, volumeId: string): Place {
  const directory = join(statePath, 'connections', mustBeUuid(volumeId));
  const [disk, pidFile, logFile, passwordFile] = ['disk', 'pid', 'log', 'password'].map((name) =>
    join(directory, name),
  ) as [string, string, string, string];
  return { directory, disk, pidFile, logFile, passwordFile };
}

export async function isShown(place: Place): Promise<boolean> {
  return (await rememberedProcess(place.pidFile)) !== null && isMounted(place.disk);
}

/** Removes what is left of an earlier connection, and makes the file that the volume is shown over. */
export async function prepare(place: Place): Promise<void> {
  await clear(place);
  await mkdir(place.directory, { recursive: true, mode: 0o700 });
  await writeFile(place.disk, '', { mode: 0o600 });
}

export interface Showing {
  readonly argv: Argv;
  /** For the message when it takes too long. */
  readonly what: string;
  /** Makes an error of what the daemon said before it ended. */
  readonly errorOf: (log: string) => StorageError;
}

/** Starts the daemon and waits until the volume is at `place.disk`. Leaves the directory to its caller when it fails. */
export async function show(
  step: Pick<StepContext, 'signal'>,
  place: Place,
  { argv, what, errorOf }: Showing,
): Promise<void> {
  const [command = '', ...args] = revealed(await rootCommand(argv));
  const daemon = await startDaemon({
    ...{ command, args, logFile: place.logFile, env: minimalEnvironment() },
    ...{ stopSignal: 'SIGTERM', outlivesParent: true },
  });
  let ended = false;
  void daemon.exited.then(() => {
    ended = true;
  });
  try {
    await rememberProcess(place.pidFile, daemon.pid);
    await eventually(what, { timeoutMs: showTimeoutMs, signal: step.signal }, async () => {
      if (ended) throw errorOf(await readFile(place.logFile, 'utf8'));
      return isMounted(place.disk);
    });
  } catch (error) {
    daemon.kill();
    await daemon.exited;
    throw error;
  }
}

/** Flushes what was written and ends the daemon; not shown is success. */
export async function hide(place: Place): Promise<void> {
  if (await isShown(place)) await flush(place.disk);
  await clear(place);
}

/** Ends the daemon and leaves nothing of the connection. */
export async function clear(place: Place): Promise<void> {
  await endRememberedProcess(place.pidFile, hideGraceMs);
  if (await isMounted(place.disk)) await runAsRoot(unmount(place.disk), { silenceTimeoutMs: 30_000 });
  await rm(place.directory, { recursive: true, force: true });
}

/** Takes away what a daemon that was killed left mounted. */
export const unmount = (mountpoint: string): Argv => ['umount', '--lazy', mountpoint];

/** QEMU's `key=value,…`, where a comma in a value is doubled; an object's type is its first word. */
export function qemuOptions({ qom, ...pairs }: Readonly<Record<string, string>>): string {
  const words = Object.entries(pairs).map(([key, value]) => `${key}=${value.replaceAll(',', ',,')}`);
  return [...(qom === undefined ? [] : [qom]), ...words].join(',');
}

/** Waits until what was written is on the volume. Throws when the volume does not take it: then it is not to be let go. */
async function flush(disk: string): Promise<void> {
  const file = await open(disk, 'r');
  try {
    await file.sync();
  } catch (error) {
    throw new StorageError('Internal', `${disk} could not be flushed`, { cause: error });
  } finally {
    await file.close();
  }
}

const isMounted = async (path: string): Promise<boolean> => (await mountAt(path)) !== null;
