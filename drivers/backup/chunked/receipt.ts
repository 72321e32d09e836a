// Receipts: which chunks of an unfinished backup are safely written, so that a repeat does not write them again.
import { z } from 'zod';
import type { StepContext } from '../../step.ts';
import type { BackupStore } from '../driver.ts';
import { readWhole } from '../read-whole.ts';
import type { ObjectEntry } from './metadata.ts';
import { receiptName, receiptPrefix } from './names.ts';

/** One chunk: a range of `backup_file_size` bytes of the volume, the last one shorter. */
export interface Chunk {
  /** From 1. */
  readonly number: number;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

export interface Receipt {
  readonly chunk: Chunk;
  /** One for a full backup, one for each changed extent of an incremental one. */
  readonly objects: readonly ObjectEntry[];
  /** SHA-256 of each of the chunk's blocks, 32 bytes each. */
  readonly digests: Uint8Array;
}

/** What a receipt depends on: it is worth nothing to a backup with other settings or under another claim. */
export interface ReceiptTerms {
  readonly shaBlockBytes: number;
  readonly parentId: string | null;
}

const entry = z.object({
  name: z.string(),
  offsetBytes: z.number(),
  lengthBytes: z.number(),
  compression: z.string(),
  md5: z.string(),
});
const header = z.object({
  operationId: z.string(),
  epoch: z.number(),
  shaBlockBytes: z.number(),
  parentId: z.string().nullable(),
  chunk: z.object({ number: z.number(), offsetBytes: z.number(), lengthBytes: z.number() }),
  objects: z.array(entry),
});

/** 2 GB in blocks of 32 KiB have 2 MB of digests; of 512 bytes, 125 MB. */
const limitBytes = 512 * 1024 * 1024;
const newline = 0x0a;

export class Receipts {
  readonly #step: StepContext;
  readonly #store: BackupStore;
  readonly #container: string;
  readonly #prefix: string;
  readonly #terms: ReceiptTerms;

  constructor(step: StepContext, store: BackupStore, container: string, prefix: string, terms: ReceiptTerms) {
    this.#step = step;
    this.#store = store;
    this.#container = container;
    this.#prefix = prefix;
    this.#terms = terms;
  }

  /** Written after the chunk's objects: a receipt never promises what is not there. */
  async write({ chunk, objects, digests }: Receipt): Promise<void> {
    const { operationId, epoch } = this.#step;
    const head = Buffer.from(`${JSON.stringify({ operationId, epoch, ...this.#terms, chunk, objects })}\n`);
    await this.#store.put(this.#container, receiptName(this.#prefix, chunk.number), [head, digests], this.#step.signal);
  }

  /**
   * The chunk's receipt, or null when there is none that holds. One of another claim does not: while a backup is
   * paused, its volume is given back and may be written to.
   */
  async read(chunk: Chunk): Promise<Receipt | null> {
    const bytes = await readWhole(this.#store, this.#container, receiptName(this.#prefix, chunk.number), limitBytes);
    const end = bytes.indexOf(newline);
    const head = header.safeParse(parsed(bytes.subarray(0, Math.max(0, end))));
    if (!head.success) return null;
    const { operationId, epoch, shaBlockBytes, parentId, chunk: found, objects } = head.data;
    const holds =
      operationId === this.#step.operationId &&
      epoch === this.#step.epoch &&
      shaBlockBytes === this.#terms.shaBlockBytes &&
      parentId === this.#terms.parentId &&
      found.offsetBytes === chunk.offsetBytes &&
      found.lengthBytes === chunk.lengthBytes;
    return holds ? { chunk, objects, digests: bytes.subarray(end + 1) } : null;
  }

  /** Names of all receipts, of whichever claim. */
  names(): Promise<readonly string[]> {
    return this.#store.list(this.#container, receiptPrefix(this.#prefix));
  }

  async removeAll(): Promise<void> {
    await this.#store.delete(this.#container, await this.names());
  }
}

function parsed(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString('utf8'));
  } catch {
    return null;
  }
}
