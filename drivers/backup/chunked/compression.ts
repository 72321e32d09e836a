// The compressions of Cinder's format, by the words that stand in a backup's metadata.
//
// zlib is made by the engine's threads (hashing/deflate-piece.ts). Node 20 has neither bzip2 nor zstd, and the npm
// packages were not good enough: of those looked at, the zstd ones lose data when a frame is read in pieces and take
// ten times as long as the program, the bzip2 one has no streams. So the programs `bzip2` and `zstd` do it.
import { pipeline } from 'node:stream';
import { createInflate } from 'node:zlib';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { Argv } from '../../../privileged/argv.ts';
import { findProgram } from '../../../privileged/find-program.ts';
import { pipeThrough } from '../../../privileged/pipe-through.ts';
import { CommandFailedError } from '../../../privileged/run.ts';

type Bytes = AsyncIterable<Uint8Array>;
/** Throws errors that `isDamage` knows when the bytes are no such stream. */
export type Decompress = (data: Bytes, signal: AbortSignal) => Bytes;
export type Compression = 'none' | 'zlib' | 'bz2' | 'zstd';

/** Cinder's words for it: https://docs.openstack.org/cinder/latest/configuration/block-storage/backup/posix-backup-driver.html */
export const compressionWords = {
  ...{ none: 'none', off: 'none', no: 'none', zlib: 'zlib', gzip: 'zlib' },
  ...{ bz2: 'bz2', bzip2: 'bz2', zstd: 'zstd' },
} as const satisfies Readonly<Record<string, Compression>>;

interface Program {
  readonly name: string;
  readonly compress: (lengthBytes: number) => Argv;
  readonly decompress: Argv;
}

const programs: Readonly<Record<'bz2' | 'zstd', Program>> = {
  bz2: { name: 'bzip2', compress: () => ['bzip2', '-c', '-9'], decompress: ['bzip2', '-d', '-c'] },
  zstd: {
    name: 'zstd',
    // Cinder's reader wants the length in the frame's head. Level 3 is Cinder's.
    compress: (lengthBytes) => ['zstd', '-q', '-c', '-3', '--no-check', `--stream-size=${lengthBytes}`],
    // Frames that were made with --long need a window this large.
    decompress: ['zstd', '-q', '-d', '-c', '--memory=2048MB'],
  },
};

const outputBytes = 1024 * 1024;
/** They work in blocks of a megabyte and less: what takes so long hangs. */
const silenceTimeoutMs = 120_000;

/** null = the bytes as they are. */
const decompressors: Readonly<Record<Compression, Decompress | null>> = {
  none: null,
  zlib: inflated,
  bz2: (data, signal) => pipeThrough(programs.bz2.decompress, data, { silenceTimeoutMs, signal }),
  zstd: (data, signal) => pipeThrough(programs.zstd.decompress, data, { silenceTimeoutMs, signal }),
};

/** How to read objects with this `compression`. Throws BackupCorrupt naming the object. */
export function decompressorFor(compression: string, objectName: string): Decompress | null {
  const known = compressionOf(compression);
  if (known) return decompressors[known];
  const found = JSON.stringify(compression.slice(0, 20));
  throw new StorageError(
    'BackupCorrupt',
    `object ${objectName} is compressed with ${found}, which Cinder's format does not know`,
  );
}

/** What a word of `backup_compression_algorithm` means. Throws Misconfigured for what Cinder does not know. */
export function writableCompression(word: string): Compression {
  const known = compressionOf(word);
  if (known) return known;
  const allowed = Object.keys(compressionWords).join(', ');
  throw new StorageError(
    'Misconfigured',
    `backup_compression_algorithm = ${word} is not an algorithm of Cinder; allowed: ${allowed}`,
  );
}

/** Throws CommandMissing unless this host has what reads and writes each of these compressions. */
export async function mustBeAbleTo(words: Iterable<string>): Promise<void> {
  for (const word of new Set(words)) {
    const compression = compressionOf(word);
    if (compression !== 'bz2' && compression !== 'zstd') continue;
    const { name } = programs[compression];
    if ((await findProgram(name)) !== null) continue;
    throw new StorageError(
      'CommandMissing',
      `backups compressed with ${compression} (option backup_compression_algorithm) need the program ${name}, which is ` +
        `not on this host: install the package ${name}`,
    );
  }
}

/** `data`, of `lengthBytes`, as one stream of a compression that a program makes. */
export function compressedBy(
  compression: 'bz2' | 'zstd',
  data: Bytes,
  lengthBytes: number,
  signal: AbortSignal,
): Bytes {
  return pipeThrough(programs[compression].compress(lengthBytes), data, { silenceTimeoutMs, signal });
}

/** True for an error that says: these bytes are no whole stream of their compression. */
export function isDamage(error: unknown): error is Error {
  if (error instanceof CommandFailedError) return true;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && code.startsWith('Z_');
}

function compressionOf(word: string): Compression | null {
  const known = word.toLowerCase();
  return Object.hasOwn(compressionWords, known) ? compressionWords[known as keyof typeof compressionWords] : null;
}

/** An object is one zlib stream; whatever follows it or is missing from it is noticed by its MD5 and length. */
function inflated(data: Bytes): Bytes {
  // The callback only marks errors as handled: the reader of the stream gets them.
  return pipeline(data, createInflate({ chunkSize: outputBytes }), () => undefined);
}
