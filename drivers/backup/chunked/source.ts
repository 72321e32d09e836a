// The volume that is backed up: an open file or device, and where it is known to hold nothing but zeros.
import { open, type FileHandle } from 'node:fs/promises';
import { StorageError } from '../../../domain/storage-errors.ts';
import { dataExtents, type Extent } from '../../data/extents.ts';
import { shortReadCode } from '../hashing/jobs.ts';
import { volumeError } from './volume-errors.ts';

export interface Source {
  readonly path: string;
  /** Readable from every thread while the source is open. */
  readonly fd: number;
  readonly sizeBytes: number;
  /** True when that range is a hole. */
  isHole(offsetBytes: number, lengthBytes: number): boolean;
  /** Waits for nothing: whoever reads must have ended. */
  close(): Promise<void>;
}

/** Opens `path` for reading. Throws Missing, PermissionDenied, and UnexpectedOutput if it is shorter than `sizeBytes`. */
export async function openSource(path: string, sizeBytes: number, signal: AbortSignal): Promise<Source> {
  let file: FileHandle | null = null;
  try {
    file = await open(path, 'r');
    const status = await file.stat();
    if (status.isFile() && status.size < sizeBytes) throw tooShort(path, status.size, sizeBytes);
    const extents = await dataExtents(path, { signal });
    const opened = file;
    return {
      path,
      fd: opened.fd,
      sizeBytes,
      isHole: (offsetBytes, lengthBytes) => !touches(extents, offsetBytes, offsetBytes + lengthBytes),
      close: () => opened.close(),
    };
  } catch (error) {
    await file?.close();
    throw volumeError(error, path);
  }
}

/** Makes a thread's read error one of ours. */
export function readError(error: unknown, source: Source): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === shortReadCode)
    return new StorageError('UnexpectedOutput', `${source.path} ${message}, but the volume has ${source.sizeBytes}`);
  return volumeError(error, source.path);
}

function tooShort(path: string, found: number, sizeBytes: number): StorageError {
  return new StorageError('UnexpectedOutput', `${path} has ${found} bytes, but the volume has ${sizeBytes}`);
}

/** Extents are in order: finds the first that ends after `start` by halving. */
function touches(extents: readonly Extent[], start: number, end: number): boolean {
  let low = 0;
  let high = extents.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const extent = extents[middle] as Extent;
    if (extent.startBytes + extent.lengthBytes <= start) low = middle + 1;
    else high = middle;
  }
  const first = extents[low];
  return first !== undefined && first.startBytes < end;
}
