// The `_sha256file` object: one SHA-256 per block of the volume, what an incremental backup compares with.
// 100 GiB have three million of them (230 MB of JSON), so they are written and read as streams.
import { z } from 'zod';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { BackupStore } from '../driver.ts';
import { formatVersion, pythonTime, type BackupDescription } from './metadata.ts';
import { sha256fileName } from './names.ts';

export const digestBytes = 32;
const digestsPerPiece = 8_192;
const maxHeadChars = 1024 * 1024;

/** The object's bytes in Cinder's layout; `digests` are 32 bytes for each block, in pieces of any number of them. */
export async function* sha256fileData(
  backup: BackupDescription,
  shaBlockBytes: number,
  digests: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const head = {
    backup_description: backup.description,
    backup_id: backup.id,
    backup_name: backup.name,
    chunk_size: shaBlockBytes,
    created_at: pythonTime(backup.createdAt),
  };
  yield Buffer.from(`${JSON.stringify(head, null, 2).slice(0, -2)},\n  "sha256s": [`);
  let separator = '\n';
  for await (const piece of digests) {
    for (const batch of batches(piece)) {
      yield Buffer.from(separator + batch.map((digest) => `    "${digest}"`).join(',\n'));
      separator = ',\n';
    }
  }
  yield Buffer.from(`\n  ],\n  "version": "${formatVersion}",\n  "volume_id": ${JSON.stringify(backup.volumeId)}\n}`);
}

function* batches(piece: Uint8Array): Generator<string[]> {
  const step = digestsPerPiece * digestBytes;
  for (let at = 0; at < piece.length; at += step) {
    const hex = Buffer.from(piece.subarray(at, at + step)).toString('hex');
    yield hex.match(/.{64}/g) ?? [];
  }
}

/** Reads a parent's hashes in order, a range at a time. */
export interface DigestReader {
  readonly shaBlockBytes: number;
  /** The next `count` digests; fewer at the end. */
  next(count: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

const wireHead = z.object({ version: z.string().optional(), chunk_size: z.number().int().positive() });

/** Opens the hashes of the backup with `prefix`. Throws Missing, or BackupCorrupt naming the object. */
export async function openDigests(store: BackupStore, container: string, prefix: string): Promise<DigestReader> {
  const name = sha256fileName(prefix);
  const texts = textPieces(store.get(container, name));
  const corrupt = () => new StorageError('BackupCorrupt', `object ${name} in ${container} is not a list of hashes`);
  let text = '';
  let end = -1;
  while (end < 0) {
    const piece = await texts.next();
    if (piece.done || text.length > maxHeadChars) throw corrupt();
    text += piece.value;
    // No value can hold these characters: a quote inside a JSON string is written \".
    end = text.search(/"sha256s":\s*\[/);
  }
  const head = parsedHead(text.slice(0, end));
  if (!head) throw corrupt();
  let rest = text.slice(end);
  return {
    shaBlockBytes: head.chunk_size,
    async next(count) {
      const found: string[] = [];
      while (found.length < count) {
        const taken = takeDigests(rest, count - found.length, found);
        rest = rest.slice(taken);
        if (found.length === count) break;
        const piece = await texts.next();
        if (piece.done) break;
        rest += piece.value;
      }
      return Buffer.from(found.join(''), 'hex');
    },
    close: async () => void (await texts.return(undefined)),
  };
}

/** Appends up to `count` digests of `text` to `found` and answers how far it got. */
function takeDigests(text: string, count: number, found: string[]): number {
  const pattern = /"([0-9a-f]{64})"/g;
  let end = 0;
  for (let taken = 0; taken < count; taken += 1) {
    const match = pattern.exec(text);
    if (!match) break;
    found.push(match[1] as string);
    end = pattern.lastIndex;
  }
  return end;
}

function parsedHead(text: string): z.infer<typeof wireHead> | null {
  try {
    return wireHead.parse(JSON.parse(`${text}"sha256s": []}`));
  } catch {
    return null;
  }
}

async function* textPieces(data: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  for await (const piece of data) yield decoder.decode(piece, { stream: true });
}
