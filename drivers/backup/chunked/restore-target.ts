// The volume that a backup is restored to: an open file or device, written piece by piece.
import { open, type FileHandle } from 'node:fs/promises';
import { volumeError } from './volume-errors.ts';

/** Of stat(2). */
const bytesPerBlock = 512;
const syncEveryBytes = 128 * 1024 * 1024;

export interface RestoreTarget {
  /** True when all of it is known to read as zeros. */
  readonly isBlank: boolean;
  write(bytes: Uint8Array, offsetBytes: number): Promise<void>;
  /** Waits until all is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface TargetFacts {
  readonly sizeBytes: number;
  readonly isKnownBlank: boolean;
  /** Every byte of it will be written: what it holds now need not be kept. */
  readonly isReplaced: boolean;
}

/** Opens it for writing; a file that is shorter than `sizeBytes` is made that long. Throws Missing, PermissionDenied. */
export async function openTarget(path: string, facts: TargetFacts): Promise<RestoreTarget> {
  let file: FileHandle;
  let isBlank: boolean;
  try {
    file = await open(path, 'r+');
  } catch (error) {
    throw volumeError(error, path);
  }
  const named = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw volumeError(error, path);
    }
  };
  try {
    isBlank = await fit(file, facts);
  } catch (error) {
    await file.close();
    throw volumeError(error, path);
  }
  let unsynced = 0;
  let syncing: Promise<void> = Promise.resolve();
  return {
    isBlank,
    write: (bytes, offsetBytes) =>
      named(async () => {
        for (let done = 0; done < bytes.length;) {
          const { bytesWritten } = await file.write(bytes, done, bytes.length - done, offsetBytes + done);
          // What a device answers at its end.
          if (bytesWritten === 0) throw Object.assign(new Error('nothing could be written'), { code: 'ENOSPC' });
          done += bytesWritten;
        }
        unsynced += bytes.length;
        if (unsynced < syncEveryBytes) return;
        unsynced = 0;
        // Handed to the disk while more comes, so that the last sync, which cannot be aborted, is short.
        await syncing;
        syncing = file.datasync();
        syncing.catch(() => undefined);
      }),
    sync: () =>
      named(async () => {
        await syncing;
        await file.sync();
      }),
    async close() {
      await syncing.catch(() => undefined);
      await file.close();
    },
  };
}

/** Gives a file the volume's size; answers whether all of it reads as zeros then. */
async function fit(file: FileHandle, { sizeBytes, isKnownBlank, isReplaced }: TargetFacts): Promise<boolean> {
  const status = await file.stat();
  if (!status.isFile()) return isKnownBlank;
  // A file without a single block is one hole.
  const isBlank = isKnownBlank || status.blocks === 0;
  // A sparse file stays one; one that was given all of its blocks keeps them.
  const isEmptied = !isBlank && isReplaced && status.blocks * bytesPerBlock < status.size;
  if (isEmptied) await file.truncate(0);
  if (isEmptied || status.size < sizeBytes) await file.truncate(sizeBytes);
  return isBlank || isEmptied;
}
