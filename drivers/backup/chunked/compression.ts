// The compressions of Cinder's format, by the words that stand in a backup's metadata, and which of them are here.
import { pipeline } from 'node:stream';
import { createInflate } from 'node:zlib';
import { StorageError } from '../../../domain/storage-errors.ts';

/** null = the bytes as they are. */
type Decompress = ((data: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>) | null;

const table: Readonly<Record<string, Decompress>> = { none: null, off: null, no: null, zlib: inflated, gzip: inflated };

/** Known to Cinder, but neither in Node 20 nor written by Scoria. */
const notHere: readonly string[] = ['bz2', 'bzip2', 'zstd'];

const outputBytes = 1024 * 1024;

/** How to read objects with this `compression`. Throws Misconfigured or BackupCorrupt naming the object. */
export function decompressorFor(compression: string, objectName: string): Decompress {
  const word = compression.toLowerCase();
  if (Object.hasOwn(table, word)) return table[word] ?? null;
  const what = `object ${objectName} is compressed with ${JSON.stringify(compression.slice(0, 20))}`;
  if (notHere.includes(word))
    throw new StorageError('Misconfigured', `${what}, which this version of Scoria cannot read`);
  throw new StorageError('BackupCorrupt', `${what}, which Cinder's format does not know`);
}

/** `zlib` or `none` for a word of `backup_compression_algorithm`. Throws Misconfigured for what cannot be written. */
export function writableCompression(word: string): 'zlib' | 'none' {
  const known = word.toLowerCase();
  if (Object.hasOwn(table, known)) return table[known] === null ? 'none' : 'zlib';
  const reason = notHere.includes(known)
    ? 'is not supported by this version of Scoria'
    : 'is not an algorithm of Cinder';
  throw new StorageError(
    'Misconfigured',
    `backup_compression_algorithm = ${word} ${reason}; allowed: ${Object.keys(table).join(', ')}`,
  );
}

/** An object is one zlib stream; whatever follows it or is missing from it is noticed by its MD5 and length. */
function inflated(data: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  // The callback only marks errors as handled: the reader of the stream gets them.
  return pipeline(data, createInflate({ chunkSize: outputBytes }), () => undefined);
}
