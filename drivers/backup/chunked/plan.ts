// Decides which objects a chunk needs: all of it for a full backup, its changed extents for an incremental one.
import { StorageError } from '../../../domain/storage-errors.ts';
import type { HashingPool } from '../hashing/pool.ts';
import type { BackupStore } from '../driver.ts';
import { objectName, objectPrefix, type BackupLocation } from './names.ts';
import type { ObjectRange } from './object-write.ts';
import { pieces } from './pieces.ts';
import type { Chunk } from './receipt.ts';
import { digestBytes, openDigests, type DigestReader } from './sha256file.ts';
import type { Source } from './source.ts';

export interface ChunkPlan {
  readonly chunk: Chunk;
  readonly objects: readonly ObjectRange[];
  /** The chunk's block hashes when the plan had to make them; null = whoever writes the objects makes them. */
  readonly digests: Uint8Array | null;
}

/** Chunks are planned one after the other, in order: an object's number depends on those before it. */
export interface Planner {
  plan(chunk: Chunk): Promise<ChunkPlan>;
  /** Goes past a chunk that an earlier attempt has written as `objectCount` objects. */
  skip(chunk: Chunk, objectCount: number): Promise<void>;
  close(): Promise<void>;
}

export function* chunksOf(sizeBytes: number, fileSizeBytes: number): Generator<Chunk> {
  for (let offsetBytes = 0, number = 1; offsetBytes < sizeBytes; offsetBytes += fileSizeBytes, number += 1) {
    yield { number, offsetBytes, lengthBytes: Math.min(fileSizeBytes, sizeBytes - offsetBytes) };
  }
}

/** One object for each chunk. */
export function fullPlanner(prefix: string): Planner {
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    plan: (chunk) => {
      const { number, offsetBytes, lengthBytes } = chunk;
      return Promise.resolve({
        chunk,
        objects: [{ name: objectName(prefix, number), offsetBytes, lengthBytes }],
        digests: null,
      });
    },
    skip: nothing,
    close: nothing,
  };
}

export interface IncrementalContext {
  readonly pool: HashingPool;
  readonly store: BackupStore;
  readonly source: Source;
  readonly shaBlockBytes: number;
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
}

/**
 * Compares every block with the parent's hash of it. Throws Misconfigured when the parent's blocks have another size
 * and SourceTooLarge when it had fewer of them: Cinder too asks for a full backup then.
 */
export async function incrementalPlanner(
  context: IncrementalContext,
  prefix: string,
  parent: BackupLocation,
): Promise<Planner> {
  const { pool, store, source, shaBlockBytes, signal } = context;
  const parentDigests = await openParent(store, parent, shaBlockBytes);
  let nextNumber = 1;
  const parentsOf = async (chunk: Chunk): Promise<Uint8Array> => {
    const count = Math.ceil(chunk.lengthBytes / shaBlockBytes);
    const digests = await parentDigests.next(count);
    if (digests.length === count * digestBytes) return digests;
    throw new StorageError('SourceTooLarge', 'Volume size increased since the last backup. Do a full backup.');
  };
  return {
    async plan(chunk) {
      const before = await parentsOf(chunk);
      const parts: Uint8Array[] = [];
      for await (const piece of pieces(pool, source, { ...chunk, shaBlockBytes, deflate: false })) {
        piece.release();
        signal.throwIfAborted();
        parts.push(piece.digests);
        context.onBytes(piece.lengthBytes);
      }
      const digests = Buffer.concat(parts);
      const objects = changedExtents(chunk, before, digests, shaBlockBytes).map((extent) => ({
        ...extent,
        name: objectName(prefix, nextNumber++),
      }));
      return { chunk, objects, digests };
    },
    async skip(chunk, objectCount) {
      await parentsOf(chunk);
      nextNumber += objectCount;
    },
    close: () => parentDigests.close(),
  };
}

async function openParent(store: BackupStore, parent: BackupLocation, shaBlockBytes: number): Promise<DigestReader> {
  const reader = await openDigests(store, parent.container ?? store.defaultContainer(parent.id), objectPrefix(parent));
  if (reader.shaBlockBytes === shaBlockBytes) return reader;
  await reader.close();
  throw new StorageError(
    'Misconfigured',
    `the parent backup ${parent.id} was made with backup_sha_block_size_bytes = ${reader.shaBlockBytes}, ` +
      `now it is ${shaBlockBytes}: do a full backup or set it back`,
  );
}

/** Runs of blocks whose hashes differ, as ranges of the volume. */
export function changedExtents(
  chunk: Chunk,
  before: Uint8Array,
  now: Uint8Array,
  blockBytes: number,
): readonly { readonly offsetBytes: number; readonly lengthBytes: number }[] {
  const extents: { offsetBytes: number; lengthBytes: number }[] = [];
  const end = chunk.offsetBytes + chunk.lengthBytes;
  for (let block = 0; block * digestBytes < now.length; block += 1) {
    const at = block * digestBytes;
    if (Buffer.compare(before.subarray(at, at + digestBytes), now.subarray(at, at + digestBytes)) === 0) continue;
    const offsetBytes = chunk.offsetBytes + block * blockBytes;
    const lengthBytes = Math.min(blockBytes, end - offsetBytes);
    const last = extents.at(-1);
    if (last && last.offsetBytes + last.lengthBytes === offsetBytes) last.lengthBytes += lengthBytes;
    else extents.push({ offsetBytes, lengthBytes });
  }
  return extents;
}
