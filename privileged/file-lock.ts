// An exclusive lock on a file that this process and every child it hands the descriptor to hold together.
import { constants } from 'node:fs';
import { mkdir, open, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { inTurn } from './in-turn.ts';
import { run } from './run.ts';

export interface FileLockOptions {
  readonly signal: AbortSignal;
  /** Told about once a second, in words, while someone else holds the lock. */
  readonly onWait?: ((reason: string) => void) | undefined;
  /** Who holds it, from what the file says. */
  readonly describeHolder?: (file: FileHandle) => Promise<string>;
}

const retryWaitS = 1;

/** Runs `work` with the locked file (made if missing, kept afterwards); waiting is cancelled by `signal`. */
export async function withFileLock<T>(
  path: string,
  options: FileLockOptions,
  work: (file: FileHandle) => Promise<T>,
): Promise<T> {
  return inTurn(path, options.signal, async () => {
    const file = await openLocked(path, options);
    try {
      return await work(file);
    } finally {
      await file.close();
    }
  });
}

async function openLocked(path: string, options: FileLockOptions): Promise<FileHandle> {
  for (;;) {
    const file = await openLockFile(path);
    try {
      while (!(await tryFileLock(file.fd, retryWaitS, options.signal))) {
        options.onWait?.(`waiting for a lock held by ${(await options.describeHolder?.(file)) ?? 'someone'}`);
      }
      if (await isStillThere(file, path)) return file;
    } catch (error) {
      await file.close();
      throw error;
    }
    // Pruned between opening and locking: what we hold is no longer the file that others lock.
    await file.close();
  }
}

async function openLockFile(path: string): Promise<FileHandle> {
  const flags = constants.O_RDWR | constants.O_CREAT;
  try {
    return await open(path, flags, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return open(path, flags, 0o600);
  }
}

/**
 * Tries for `waitS` seconds; false when someone else has it. Node has no flock(2): util-linux's flock(1) locks the open
 * file description that it inherits, which stays ours after it has ended.
 */
export async function tryFileLock(fd: number, waitS: number, signal?: AbortSignal): Promise<boolean> {
  const { exitCode } = await run(['flock', '-x', '-w', String(waitS), '3'], {
    lockFd: fd,
    signal,
    silenceTimeoutMs: 30_000 + waitS * 1000,
    okExitCodes: [0, 1],
  });
  return exitCode === 0;
}

async function isStillThere(file: FileHandle, path: string): Promise<boolean> {
  const [ours, named] = await Promise.all([file.stat(), stat(path).catch(() => null)]);
  return named !== null && named.ino === ours.ino && named.dev === ours.dev;
}
