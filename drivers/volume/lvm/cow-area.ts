// Finds how much of a thick snapshot's copy-on-write area has been written, so that only that has to be erased.
import { StorageError } from '../../../domain/storage-errors.ts';
import type { Argv } from '../../../privileged/argv.ts';
import { runAsRoot } from '../../../privileged/root.ts';
import type { StepContext } from '../../step.ts';

// The area's format, drivers/md/dm-snap-persistent.c in Linux: a header in chunk 0, then again and again one chunk of
// exceptions (16 bytes each: old chunk, new chunk, both little-endian) and as many chunks of data as it has exceptions.
const magic = 0x70416e53n;
const sectorBytes = 512;
const exceptionBytes = 16;

/** Prints 16 bytes as two unsigned decimals: od(1). */
export const showWords = (device: string, positionBytes: number): Argv => [
  'od',
  ...['-A', 'n', '-t', 'u8', '-v', '-j', String(positionBytes), '-N', String(exceptionBytes), device],
];

/**
 * Bytes from the start of `device` that may hold data; all of it where there is no valid header. The kernel fills the area
 * from its start, so the first table of exceptions that is not full is searched for by halving. Tables behind it may
 * hold anything: that can only make the answer larger. `device` must be split from its origin, or it goes on growing.
 */
export async function writtenBytes(step: StepContext, device: string, sizeBytes: number): Promise<number> {
  const wordsAt = async (positionBytes: number): Promise<readonly [bigint, bigint]> =>
    parseWords(
      (await runAsRoot(showWords(device, positionBytes), { silenceTimeoutMs: 60_000, ...handed(step) })).stdout,
    );
  const chunkBytes = chunkBytesIn(await wordsAt(0));
  if (chunkBytes === null) return sizeBytes;
  const perTable = chunkBytes / exceptionBytes;
  const tableBytes = (perTable + 1) * chunkBytes;
  const isFull = async (table: number): Promise<boolean> => {
    const lastException = chunkBytes + table * tableBytes + chunkBytes - exceptionBytes;
    return (await wordsAt(lastException))[1] !== 0n;
  };
  let low = 0;
  let high = Math.max(0, Math.ceil((sizeBytes - chunkBytes) / tableBytes) - 1);
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (await isFull(middle)) low = middle + 1;
    else high = middle;
  }
  return Math.min(sizeBytes, chunkBytes + (low + 1) * tableBytes);
}

const handed = ({ signal, lockFd }: StepContext): Pick<StepContext, 'signal' | 'lockFd'> => ({ signal, lockFd });

/** What `showWords` prints. Throws StorageError UnexpectedOutput. */
export function parseWords(text: string): readonly [bigint, bigint] {
  const match = /^\s*(\d+)\s+(\d+)\s*$/.exec(text);
  if (!match) throw new StorageError('UnexpectedOutput', `od printed ${JSON.stringify(text.slice(0, 200))}`);
  return [BigInt(match[1] ?? ''), BigInt(match[2] ?? '')];
}

/** Of the header's magic, valid flag, version and chunk size; null when it is no header of a valid area. */
export function chunkBytesIn([first, second]: readonly [bigint, bigint]): number | null {
  const [isMagic, valid, version] = [(first & 0xffffffffn) === magic, first >> 32n, second & 0xffffffffn];
  const chunkBytes = Number(second >> 32n) * sectorBytes;
  return isMagic && valid === 1n && version === 1n && chunkBytes >= 4096 ? chunkBytes : null;
}
