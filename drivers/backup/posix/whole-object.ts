// Writes a file that appears under its name only when all of it is on the disk.
import { constants } from 'node:fs';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { ObjectData } from '../driver.ts';

/** Owner and group read and write, as Cinder's own driver leaves its objects. */
const objectMode = 0o660;
/** So much is handed to the disk at a time while more is still being made: the last sync, which cannot be aborted, is short. */
const syncEveryBytes = 64 * 1024 * 1024;
const zeros = Buffer.alloc(1024 * 1024);

/** Never the start of an object's or a container's name. One writer at a time holds a backup's lock, so one name is enough. */
export const partialPrefix = '.partial-';

/** Writes `data` to `directory/name`. A process that dies leaves `.partial-<name>`; an error or an abort leaves nothing. */
export async function writeWholeObject(
  directory: string,
  name: string,
  data: ObjectData,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const partial = join(directory, partialPrefix + name);
  try {
    const file = await openPartial(directory, partial);
    try {
      // open()'s mode is cut down by the umask.
      await file.chmod(objectMode);
      await fill(file, data, signal);
      await file.sync();
    } finally {
      await file.close();
    }
    signal.throwIfAborted();
    await rename(partial, join(directory, name));
    await syncDirectory(directory);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** A container that others share may have been removed, empty, since it was made sure of. */
async function openPartial(directory: string, partial: string): Promise<FileHandle> {
  const { O_CREAT, O_TRUNC, O_WRONLY, O_NOFOLLOW } = constants;
  const create = (): Promise<FileHandle> => open(partial, O_CREAT | O_TRUNC | O_WRONLY | O_NOFOLLOW, objectMode);
  try {
    return await create();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await mkdir(directory, { recursive: true, mode: 0o770 });
    return create();
  }
}

/** Zeros become holes: an uncompressed backup of an empty volume takes no space. */
async function fill(file: FileHandle, data: ObjectData, signal: AbortSignal): Promise<void> {
  let position = 0;
  let unsynced = 0;
  let syncing: Promise<void> = Promise.resolve();
  try {
    for await (const piece of data) {
      signal.throwIfAborted();
      if (!isZero(piece)) {
        await writeAll(file, piece, position);
        unsynced += piece.length;
      }
      position += piece.length;
      if (unsynced < syncEveryBytes) continue;
      unsynced = 0;
      await syncing;
      syncing = file.datasync();
      // It is awaited later; until then a failure must not count as unhandled.
      syncing.catch(() => undefined);
    }
  } finally {
    await syncing;
  }
  await file.truncate(position);
}

function isZero(piece: Uint8Array): boolean {
  return piece[0] === 0 && piece.length <= zeros.length && zeros.subarray(0, piece.length).equals(piece);
}

/** Writes all of `piece`: a file system may take less than it is given. */
export async function writeAll(file: FileHandle, piece: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < piece.length;) {
    const { bytesWritten } = await file.write(piece, done, piece.length - done, position + done);
    if (bytesWritten === 0) throw Object.assign(new Error('nothing could be written'), { code: 'ENOSPC' });
    done += bytesWritten;
  }
}

export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
