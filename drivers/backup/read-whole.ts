// Reads a small object into memory.
import { StorageError } from '../../domain/storage-errors.ts';
import type { BackupStore } from './driver.ts';

/** The object's bytes. Throws Missing, and BackupCorrupt when it is larger than what such an object can be. */
export async function readWhole(
  store: BackupStore,
  container: string,
  name: string,
  limitBytes: number,
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of store.get(container, name)) {
    length += piece.length;
    if (length > limitBytes) {
      throw new StorageError('BackupCorrupt', `object ${name} in ${container} is larger than ${limitBytes} bytes`);
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
