// The threads and the memory of one backup engine: however many backups run, they take no more than this.
import { availableParallelism } from 'node:os';
import { slotBytes, slotHalves, type PieceAnswer, type PieceJob, type SlotLayout } from './jobs.ts';
import { HashingThread } from './thread.ts';

/** Pieces are about this large: small enough to be many, large enough that a message between threads costs nothing. */
const idealPieceBytes = 1024 * 1024;
const slotMemoryBytes = 96 * 1024 * 1024;
const maxPieceThreads = 4;
/** MD5 is a chain: an object has one thread, and two objects are written at a time. */
const md5Threads = 2;

export class HashingPool {
  /** A multiple of the SHA block. */
  readonly pieceBytes: number;
  readonly slotCount: number;
  readonly #layout: SlotLayout;
  readonly #pieceThreads: readonly HashingThread[];
  readonly #md5Threads: readonly HashingThread[];
  readonly #free: number[];
  readonly #queue: ((slot: number) => void)[] = [];
  #nextKey = 0;

  constructor(shaBlockBytes: number) {
    this.pieceBytes = Math.max(1, Math.floor(idealPieceBytes / shaBlockBytes)) * shaBlockBytes;
    const slot = slotBytes(this.pieceBytes);
    this.slotCount = Math.max(4, Math.min(48, Math.floor(slotMemoryBytes / slot)));
    this.#layout = { memory: new SharedArrayBuffer(this.slotCount * slot), pieceBytes: this.pieceBytes };
    const threads = (count: number) => Array.from({ length: count }, () => new HashingThread(this.#layout));
    this.#pieceThreads = threads(Math.min(maxPieceThreads, availableParallelism()));
    this.#md5Threads = threads(md5Threads);
    this.#free = Array.from({ length: this.slotCount }, (_, slot) => slot);
  }

  /** A free slot, first come first served. Whoever has one must be able to finish with it without a second. */
  acquire(): Promise<number> {
    const slot = this.#free.pop();
    return slot === undefined ? new Promise((resolve) => this.#queue.push(resolve)) : Promise.resolve(slot);
  }

  release(slot: number): void {
    const next = this.#queue.shift();
    if (next) next(slot);
    else this.#free.push(slot);
  }

  halves(slot: number): { readonly in: Uint8Array; readonly out: Uint8Array } {
    return slotHalves(this.#layout, slot);
  }

  piece(job: Omit<PieceJob, 'kind'>): Promise<PieceAnswer> {
    return this.#leastLoaded().ask({ kind: 'piece', ...job });
  }

  /** How well the data at `positions` compresses: 1 = not at all. */
  sample(fd: number, positions: readonly number[]): Promise<number> {
    return this.#leastLoaded().ask({ kind: 'sample', fd, positions });
  }

  startMd5(): RunningMd5 {
    const key = this.#nextKey++;
    const thread = this.#md5Threads[key % md5Threads] as HashingThread;
    return {
      update: (slot, length) => thread.ask({ kind: 'md5-update', key, slot, length }),
      end: () => thread.ask({ kind: 'md5-end', key }),
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pieceThreads, ...this.#md5Threads].map((thread) => thread.close()));
  }

  #leastLoaded(): HashingThread {
    return this.#pieceThreads.reduce((best, thread) => (thread.load < best.load ? thread : best));
  }
}

/** An MD5 in the making; updates are taken in the order in which they are asked for. `end` must be called, once. */
export interface RunningMd5 {
  /** A slot's first `length` bytes, or zeros for null (at most a piece). */
  update(slot: number | null, length: number): Promise<null>;
  end(): Promise<string>;
}
