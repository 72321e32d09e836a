// Copies a volume's bytes over those of another one that is there already: a migration's, a revert's, an image's.
import { open, type FileHandle } from 'node:fs/promises';
import { StorageError } from '../../domain/storage-errors.ts';
import type { StepContext } from '../step.ts';
import { dataExtents, type Extent } from './extents.ts';
import { translateFsError } from './fs-errors.ts';

export interface CopyInto {
  readonly sourcePath: string;
  /** An existing file or device that is at least as large as the source. */
  readonly targetPath: string;
  /** The source's size. */
  readonly sizeBytes: number;
  /** True when the target is known to read as zeros wherever this copy has written nothing. */
  readonly targetIsBlank: boolean;
}

const chunkBytes = 4 * 1024 * 1024;
const syncEveryBytes = 128 * 1024 * 1024;
const zeros = Buffer.alloc(chunkBytes);

/**
 * Makes the target's first `sizeBytes` read as the source's. Holes are not read, and not written to a blank target.
 * Reports bytes; notes every 128 MiB how far the target is on the disk, and begins there when it is called again.
 * Throws UnexpectedOutput for a source that ends early, InsufficientSpace, PermissionDenied, Missing.
 */
export async function copyInto(step: StepContext, request: CopyInto): Promise<void> {
  const { sourcePath, targetPath } = request;
  const opened: FileHandle[] = [];
  const opening = async (path: string, flags: string): Promise<FileHandle> => {
    const file = await open(path, flags);
    opened.push(file);
    return file;
  };
  try {
    const ends = { source: await opening(sourcePath, 'r'), target: await opening(targetPath, 'r+') };
    const status = await ends.source.stat();
    if (status.isFile() && status.size < request.sizeBytes) throw tooShort(sourcePath, status.size);
    await copyPieces(step, ends, await piecesOf(step, request), request);
  } catch (error) {
    throw translateFsError(error, { option: 'the copy of a volume', path: targetPath });
  } finally {
    for (const file of opened) await file.close();
  }
}

interface Piece extends Extent {
  /** True where the source holds nothing and the target may hold something. */
  readonly zero: boolean;
}

/** What has to be written, in order of offsets. */
async function piecesOf(step: StepContext, request: CopyInto): Promise<Piece[]> {
  const { signal } = step;
  const { sizeBytes, targetIsBlank } = request;
  const data = within(await dataExtents(request.sourcePath, { signal }), sizeBytes);
  const pieces: Piece[] = data.map((extent) => ({ ...extent, zero: false }));
  if (!targetIsBlank) {
    const used = within(await dataExtents(request.targetPath, { signal }), sizeBytes);
    pieces.push(...without(used, data).map((extent) => ({ ...extent, zero: true })));
  }
  return pieces.toSorted((left, right) => left.startBytes - right.startBytes);
}

interface Ends {
  readonly source: FileHandle;
  readonly target: FileHandle;
}

async function copyPieces(
  step: StepContext,
  { source, target }: Ends,
  pieces: readonly Piece[],
  { sourcePath, targetIsBlank }: CopyInto,
): Promise<void> {
  const bytesTotal = pieces.reduce((total, piece) => total + piece.lengthBytes, 0);
  const resumeAt = step.resumeAtBytes ?? 0;
  let bytesDone = 0;
  let unsynced = 0;
  for (const chunk of chunksOf(pieces)) {
    step.signal.throwIfAborted();
    bytesDone += chunk.lengthBytes;
    if (chunk.startBytes + chunk.lengthBytes <= resumeAt) continue;
    const bytes = chunk.zero ? zeros.subarray(0, chunk.lengthBytes) : await readAll(source, chunk, sourcePath);
    if (!targetIsBlank || !isZero(bytes)) {
      await writeAll(target, bytes, chunk.startBytes);
      unsynced += bytes.length;
    }
    if (unsynced >= syncEveryBytes) {
      await target.datasync();
      unsynced = 0;
      step.noteDurableBytes?.(chunk.startBytes + chunk.lengthBytes);
    }
    step.reportProgress(bytesDone, bytesTotal);
  }
  await target.sync();
  step.reportProgress(bytesTotal, bytesTotal);
}

async function readAll(file: FileHandle, { startBytes, lengthBytes }: Extent, path: string): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(lengthBytes);
  for (let done = 0; done < lengthBytes;) {
    const { bytesRead } = await file.read(bytes, done, lengthBytes - done, startBytes + done);
    if (bytesRead === 0) throw tooShort(path, startBytes + done);
    done += bytesRead;
  }
  return bytes;
}

const tooShort = (path: string, endBytes: number): StorageError =>
  new StorageError('UnexpectedOutput', `${path} ends at ${endBytes} bytes, before the end of its volume`);

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    // What a device answers at its end.
    if (bytesWritten === 0) throw Object.assign(new Error('nothing could be written'), { code: 'ENOSPC' });
    done += bytesWritten;
  }
}

const isZero = (bytes: Buffer): boolean => bytes.equals(zeros.subarray(0, bytes.length));

function within(extents: readonly Extent[], limitBytes: number): Extent[] {
  return extents
    .filter((extent) => extent.startBytes < limitBytes)
    .map((extent) => ({ ...extent, lengthBytes: Math.min(extent.lengthBytes, limitBytes - extent.startBytes) }));
}

/** The parts of `extents` that no extent of `others` covers; both are in order. */
function without(extents: readonly Extent[], others: readonly Extent[]): Extent[] {
  const left: Extent[] = [];
  let next = 0;
  for (const { startBytes, lengthBytes } of extents) {
    const end = startBytes + lengthBytes;
    let at = startBytes;
    while (next < others.length && endOf(others[next]) <= at) next += 1;
    for (let index = next; index < others.length && at < end; index += 1) {
      const other = others[index] as Extent;
      if (other.startBytes >= end) break;
      if (other.startBytes > at) left.push({ startBytes: at, lengthBytes: other.startBytes - at });
      at = Math.max(at, endOf(other));
    }
    if (at < end) left.push({ startBytes: at, lengthBytes: end - at });
  }
  return left;
}

const endOf = (extent: Extent | undefined): number => (extent ? extent.startBytes + extent.lengthBytes : 0);

function* chunksOf(pieces: readonly Piece[]): Generator<Piece> {
  for (const { startBytes, lengthBytes, zero } of pieces) {
    for (let done = 0; done < lengthBytes; done += chunkBytes) {
      yield { startBytes: startBytes + done, lengthBytes: Math.min(chunkBytes, lengthBytes - done), zero };
    }
  }
}
