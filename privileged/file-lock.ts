// An exclusive lock on a file that this process and every child it hands the descriptor to hold together.
import { constants } from 'node:fs';
import { mkdir, open, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import native from 'fs-native-extensions';
import { inTurn } from './in-turn.ts';

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

const retryEveryMs = 25;

/**
 * Tries for `waitS` seconds; false when someone else has it. The lock is on the open file description, so it is shared
 * by every child that inherits the descriptor and goes when the last of them has closed it. Node has no such lock; a
 * flock(1) for each would cost a fork of this whole process (20–40 ms with 200–400 MB resident; measured).
 */
export async function tryFileLock(fd: number, waitS: number, signal?: AbortSignal): Promise<boolean> {
  const deadline = Date.now() + waitS * 1000;
  for (;;) {
    signal?.throwIfAborted();
    if (native.tryLock(fd)) return true;
    if (Date.now() >= deadline) return false;
    await delay(retryEveryMs, undefined, { signal });
  }
}

async function isStillThere(file: FileHandle, path: string): Promise<boolean> {
  const [ours, named] = await Promise.all([file.stat(), stat(path).catch(() => null)]);
  return named !== null && named.ino === ours.ino && named.dev === ours.dev;
}
