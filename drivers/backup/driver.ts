// The interface of a backup driver: where chunks, their hashes and the metadata of a backup are kept as named objects.
// The chunked format itself (Cinder's) is drivers/backup/chunked/; a driver only stores objects.
import type { Readable } from 'node:stream';

export interface BackupStore {
  readonly name: string;
  checkForSetup(): Promise<void>;
  /** The container for a backup when the user names none: `id[0:2]/id[2:4]/id` for file stores. */
  defaultContainer(backupId: string): string;
  /** Creates the container if it is missing. */
  ensureContainer(container: string): Promise<void>;
  /** Names of the objects in `container` that start with `prefix`; a missing container has none. */
  list(container: string, prefix: string): Promise<readonly string[]>;
  /** Writes an object whole or not at all (temporary name, fsync, rename). */
  put(container: string, name: string, data: Uint8Array | Readable): Promise<void>;
  /** Reads an object; throws StorageError Missing. */
  get(container: string, name: string): Promise<Buffer>;
  /** Deletes an object; not there is success. */
  delete(container: string, name: string): Promise<void>;
  /** Removes the container and its parents where they are empty. */
  removeContainerIfEmpty(container: string): Promise<void>;
}
