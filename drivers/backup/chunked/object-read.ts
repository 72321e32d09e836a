// Reads one object back, checks its length and MD5, and writes it to the volume.
import { StorageError } from '../../../domain/storage-errors.ts';
import type { HashingPool } from '../hashing/pool.ts';
import type { BackupStore } from '../driver.ts';
import { decompressorFor, isDamage } from './compression.ts';
import type { ObjectEntry } from './metadata.ts';
import type { RestoreTarget } from './restore-target.ts';

export interface ObjectReader {
  readonly pool: HashingPool;
  readonly store: BackupStore;
  readonly container: string;
  readonly target: RestoreTarget;
  /** True: zeros need not be written, for they are there. */
  readonly skipsZeros: boolean;
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
}

const maxInFlight = 8;
const zeros = Buffer.alloc(1024 * 1024);

/** Throws BackupCorrupt or Missing naming the object; by then, part of it may have been written. */
export async function restoreObject(reader: ObjectReader, entry: ObjectEntry): Promise<void> {
  const { pool, store, container, target, signal } = reader;
  const decompress = decompressorFor(entry.compression, entry.name);
  const raw = store.get(container, entry.name);
  const md5 = pool.startMd5();
  const inFlight = new InFlight();
  let lengthBytes = 0;
  let sum: string | null = null;
  try {
    for await (const bytes of decompress ? decompress(raw, signal) : raw) {
      for (let at = 0; at < bytes.length; at += pool.pieceBytes) {
        signal.throwIfAborted();
        const part = bytes.subarray(at, at + pool.pieceBytes);
        if (lengthBytes + part.length > entry.lengthBytes)
          throw corrupt(container, entry, 'holds more bytes than it should');
        const write = !(reader.skipsZeros && isZero(part)) && {
          to: target,
          offsetBytes: entry.offsetBytes + lengthBytes,
        };
        await inFlight.add(await startHashAndWrite(pool, md5.update, part, write));
        lengthBytes += part.length;
        reader.onBytes(part.length);
      }
    }
    await inFlight.all();
  } catch (error) {
    await inFlight.settled();
    throw isDamage(error) ? corrupt(container, entry, `cannot be decompressed (${error.message})`, error) : error;
  } finally {
    sum = await md5.end().catch(() => null);
  }
  if (lengthBytes !== entry.lengthBytes)
    throw corrupt(container, entry, `holds ${lengthBytes} bytes instead of ${entry.lengthBytes}`);
  if (sum !== entry.md5) throw corrupt(container, entry, `has the MD5 ${sum} instead of ${entry.md5}`);
}

type Md5Update = (slot: number, length: number) => Promise<null>;
type Write = false | { readonly to: RestoreTarget; readonly offsetBytes: number };

/** Takes a slot and starts both at the same time; the answer settles when the slot is free again. */
async function startHashAndWrite(
  pool: HashingPool,
  update: Md5Update,
  part: Uint8Array,
  write: Write,
): Promise<{ done: Promise<void> }> {
  const slot = await pool.acquire();
  const shared = pool.halves(slot).in.subarray(0, part.length);
  shared.set(part);
  const both = [update(slot, part.length), write ? write.to.write(shared, write.offsetBytes) : Promise.resolve()];
  const finish = async (): Promise<void> => {
    const work = await Promise.allSettled(both);
    pool.release(slot);
    for (const each of work) if (each.status === 'rejected') throw each.reason;
  };
  return { done: finish() };
}

/** Lets the next pieces be decompressed while some are hashed and written. */
class InFlight {
  readonly #running: Promise<void>[] = [];

  async add({ done }: { readonly done: Promise<void> }): Promise<void> {
    done.catch(() => undefined);
    this.#running.push(done);
    if (this.#running.length >= maxInFlight) await this.#running.shift();
  }

  /** Throws the first failure. */
  async all(): Promise<void> {
    await Promise.all(this.#running);
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.#running);
  }
}

function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += zeros.length) {
    const part = bytes.subarray(at, at + zeros.length);
    if (!zeros.subarray(0, part.length).equals(part)) return false;
  }
  return true;
}

function corrupt(container: string, { name }: ObjectEntry, what: string, cause?: unknown): StorageError {
  return new StorageError('BackupCorrupt', `backup object ${name} in container ${container} ${what}`, { cause });
}
