// Writes one object: a range of the volume as it is, or as one compressed stream.
import { adler32Combined } from '../hashing/adler32.ts';
import { streamHeader, streamTrailer, worthwhileRatio } from '../hashing/deflate-piece.ts';
import type { HashingPool, RunningMd5 } from '../hashing/pool.ts';
import type { BackupStore } from '../driver.ts';
import type { ObjectEntry } from './metadata.ts';
import { compressedBy, type Compression } from './compression.ts';
import { pieces, type Piece } from './pieces.ts';
import { readError, type Source } from './source.ts';

export interface ObjectRange {
  readonly name: string;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

export interface ObjectWriter {
  readonly pool: HashingPool;
  readonly store: BackupStore;
  readonly container: string;
  readonly source: Source;
  readonly compression: Compression;
  readonly signal: AbortSignal;
}

export interface WriteObjectOptions {
  /** 0 = the caller knows the block hashes already. */
  readonly shaBlockBytes: number;
  readonly onBytes: (bytes: number) => void;
}

export interface WrittenObject {
  readonly entry: ObjectEntry;
  readonly digests: Uint8Array;
}

const maxSamples = 32;

/** Writes the object whole or not at all. */
export async function writeObject(
  writer: ObjectWriter,
  range: ObjectRange,
  options: WriteObjectOptions,
): Promise<WrittenObject> {
  const { pool, source, store, container, signal } = writer;
  const compression = await chooseCompression(writer, range);
  const deflate = compression === 'zlib';
  const md5 = await startObjectMd5(pool, source, range);
  const digests: Uint8Array[] = [];
  const inUse = new InUse();
  async function* bytes(): AsyncGenerator<Uint8Array> {
    let adler = 1;
    if (deflate) yield streamHeader;
    for await (const piece of pieces(pool, source, { ...range, shaBlockBytes: options.shaBlockBytes, deflate })) {
      digests.push(piece.digests);
      if (deflate) adler = adler32Combined(adler, piece.adler, piece.lengthBytes);
      const written = inUse.hold(piece, md5.update(piece));
      try {
        yield piece.output;
      } finally {
        written();
      }
      options.onBytes(piece.lengthBytes);
    }
    if (deflate) yield streamTrailer(adler);
  }
  try {
    const whole =
      compression === 'bz2' || compression === 'zstd'
        ? compressedBy(compression, bytes(), range.lengthBytes, signal)
        : bytes();
    await store.put(container, range.name, whole, signal);
  } catch (error) {
    await md5.end().catch(() => undefined);
    throw error;
  } finally {
    await inUse.nothing();
  }
  const { name, offsetBytes, lengthBytes } = range;
  return {
    entry: { name, offsetBytes, lengthBytes, compression, md5: await md5.end() },
    digests: Buffer.concat(digests),
  };
}

/** Looks at a few samples all over the range: Cinder too stores what does not compress as it is, but tries it all first. */
async function chooseCompression(
  writer: ObjectWriter,
  { offsetBytes, lengthBytes }: ObjectRange,
): Promise<Compression> {
  const { compression } = writer;
  if (compression === 'none') return 'none';
  const count = Math.max(1, Math.min(maxSamples, Math.floor(lengthBytes / 16_384)));
  const all = Array.from({ length: count }, (_, n) => offsetBytes + Math.floor((n * lengthBytes) / count));
  const inData = all.filter((position) => !writer.source.isHole(position, 1));
  if (inData.length === 0) return compression;
  try {
    const ratio = (inData.length / count) * (await writer.pool.sample(writer.source.fd, inData));
    return ratio < worthwhileRatio ? compression : 'none';
  } catch (error) {
    throw readError(error, writer.source);
  }
}

/** A piece's slot is free when its bytes are written and its MD5 is taken, whichever comes last. */
class InUse {
  readonly #ends = new Set<Promise<void>>();

  /** Answers the function that says "written". */
  hold(piece: Piece, hashed: Promise<unknown>): () => void {
    let written = (): void => undefined;
    const isWritten = new Promise<void>((resolve) => (written = resolve));
    const end = Promise.allSettled([isWritten, hashed]).then(() => {
      piece.release();
      this.#ends.delete(end);
    });
    this.#ends.add(end);
    return written;
  }

  async nothing(): Promise<void> {
    await Promise.all(this.#ends);
  }
}

interface ObjectMd5 {
  update(piece: Piece): Promise<unknown>;
  end(): Promise<string>;
}

const md5sOfZeros = new Map<number, string>();
const maxKnownMd5s = 64;

/** An object that is one hole has an MD5 that only depends on its length; 2 GB of zeros take three seconds to hash. */
async function startObjectMd5(
  pool: HashingPool,
  source: Source,
  { offsetBytes, lengthBytes }: ObjectRange,
): Promise<ObjectMd5> {
  const isHole = source.isHole(offsetBytes, lengthBytes);
  const known = isHole ? md5sOfZeros.get(lengthBytes) : undefined;
  if (known !== undefined) return { update: () => Promise.resolve(), end: () => Promise.resolve(known) };
  const md5: RunningMd5 = pool.startMd5();
  // A thread that dies takes the sum so far with it: a later answer would be that of the rest.
  let failure: Error | null = null;
  return {
    update: (piece) => md5.update(piece.slot, piece.lengthBytes).catch((error: Error) => void (failure ??= error)),
    async end() {
      const answer = await md5.end();
      if (failure) throw failure;
      if (isHole && md5sOfZeros.size < maxKnownMd5s) md5sOfZeros.set(lengthBytes, answer);
      return answer;
    },
  };
}
