// What a lock file says: the highest epoch served, and who took the lock last.
import { z } from 'zod';
import { StorageError } from '../domain/storage-errors.ts';

const fenceSchema = z.object({
  epoch: z.number().int(),
  pid: z.number().int(),
  since: z.string(),
});

export type Fence = z.infer<typeof fenceSchema>;

/** A fixed length, so that one write replaces the whole text. */
export const fenceLength = 128;

/** One line of exactly `fenceLength` characters. */
export function printFence(fence: Fence): string {
  return `${JSON.stringify(fence).padEnd(fenceLength - 1)}\n`;
}

/** Null for a file that has never been written. Throws StorageError UnexpectedOutput for one that makes no sense. */
export function parseFence(text: string, path: string): Fence | null {
  if (text === '') return null;
  try {
    return fenceSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new StorageError(
      'UnexpectedOutput',
      `${path} does not hold a claim; delete it if nothing works on that resource`,
      {
        cause: error,
      },
    );
  }
}
