// A backup, its volume and its settings for the tests of the chunked engine; small, but of many objects and pieces.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { ChunkedSettings, CreateBackupRequest } from '../../../drivers/backup/chunked/backup.ts';

const mib = 1024 ** 2;

/** Two pieces of memory and a bit to an object. */
export const settings: ChunkedSettings = {
  fileSizeBytes: 2 * mib + 4 * 32_768,
  shaBlockBytes: 32_768,
  compression: 'zlib',
};

export function newBackup(overrides: Partial<CreateBackupRequest['backup']> = {}): CreateBackupRequest['backup'] {
  return {
    id: randomUUID(),
    volumeId: randomUUID(),
    container: null,
    createdAt: 1_767_323_045,
    name: 'nightly',
    description: 'with "quotes" and ümlauts',
    ...overrides,
  };
}

/** Makes a file of `sizeBytes` with `data` at their offsets and holes elsewhere. */
export async function makeVolume(
  path: string,
  sizeBytes: number,
  data: Readonly<Record<number, Buffer>>,
): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.truncate(sizeBytes);
    for (const [offset, bytes] of Object.entries(data)) await file.write(bytes, 0, bytes.length, Number(offset));
  } finally {
    await file.close();
  }
}

/** Text that compresses, as logs do. */
export const compressible = (length: number): Buffer =>
  Buffer.from(
    Array.from({ length: Math.ceil(length / 40) }, (_, n) => `line ${n} of a log that repeats itself ${n}\n`).join(''),
  ).subarray(0, length);

/** Volumes of each kind that the engine treats in its own way. */
export const volumes = {
  'random data': { sizeBytes: 9 * mib, data: () => ({ 0: randomBytes(9 * mib) }) },
  'half zeros': { sizeBytes: 8 * mib, data: () => ({ 0: randomBytes(4 * mib), [4 * mib]: Buffer.alloc(4 * mib) }) },
  'a sparse file': {
    sizeBytes: 24 * mib,
    data: () => ({ [5 * mib + 4096]: randomBytes(70_000), [20 * mib]: compressible(mib) }),
  },
  'nothing at all': { sizeBytes: 8 * mib, data: () => ({}) },
  'text, noise and zeros in turn': {
    sizeBytes: 8 * mib,
    data: () => ({
      0: compressible(1.5 * mib),
      [1.5 * mib]: randomBytes(mib / 2),
      [3 * mib]: compressible(3 * mib),
      [7 * mib]: randomBytes(mib),
    }),
  },
  'an odd size': { sizeBytes: 3 * mib + 12_345, data: () => ({ 0: randomBytes(3 * mib + 12_345) }) },
} as const satisfies Record<string, { sizeBytes: number; data: () => Record<number, Buffer> }>;

/** The path's SHA-256, of its first `lengthBytes`. */
export async function checksum(path: string, lengthBytes?: number): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(path, lengthBytes === undefined ? {} : { end: lengthBytes - 1 }))
    hash.update(bytes as Buffer);
  return hash.digest('hex');
}
