// The interface of a backup driver: where chunks, their hashes and the metadata of a backup are kept as named objects.
// The chunked format itself (Cinder's) is drivers/backup/chunked/; a driver only stores objects.

/** An object's bytes in pieces. A piece may be overwritten as soon as the next one is asked for. */
export type ObjectData = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export interface BackupStore {
  readonly name: string;
  /** Looks for all that it needs, and can write; throws StorageError Misconfigured or PermissionDenied. */
  checkForSetup(): Promise<void>;
  /** The container for a backup when the user names none: `id[0:2]/id[2:4]/id` for file stores. */
  defaultContainer(backupId: string): string;
  /** Creates the container if it is missing. Throws ContainerRefused for a name that could lead out of the store. */
  ensureContainer(container: string): Promise<void>;
  /** Names of the objects in `container` that start with `prefix`, sorted; a missing container has none. */
  list(container: string, prefix: string): Promise<readonly string[]>;
  /** Writes an object whole or not at all; when it returns, the object survives a power cut. Throws the signal's reason. */
  put(container: string, name: string, data: ObjectData, signal: AbortSignal): Promise<void>;
  /** Reads an object in pieces, each its reader's own; throws StorageError Missing. */
  get(container: string, name: string): AsyncIterable<Uint8Array>;
  /** Deletes objects; not there is success. */
  delete(container: string, names: readonly string[]): Promise<void>;
  /** Removes what puts of names that start with `prefix` left when their process died. */
  removeLitter(container: string, prefix: string): Promise<void>;
  /** Removes the container and its parents where they are empty. */
  removeContainerIfEmpty(container: string): Promise<void>;
}
