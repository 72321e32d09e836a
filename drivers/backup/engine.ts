// A backup driver with its format, as the steps of the backup service use it.
import { gibToBytes } from '../../domain/bytes.ts';
import { StorageError } from '../../domain/storage-errors.ts';
import type { StepContext } from '../step.ts';
import { createBackup, type ChunkedSettings } from './chunked/backup.ts';
import { deleteBackup } from './chunked/delete.ts';
import { metadataName, objectPrefix, sha256fileName, type BackupLocation } from './chunked/names.ts';
import { restoreBackup } from './chunked/restore.ts';
import type { VolumeMeta } from './chunked/volume-meta.ts';
import { writableCompression } from './chunked/compression.ts';
import type { BackupStore } from './driver.ts';
import { HashingPool } from './hashing/pool.ts';

export interface BackupIdentity extends BackupLocation {
  readonly name: string | null;
  readonly description: string | null;
}

export interface WriteRequest {
  readonly backup: BackupIdentity;
  readonly sizeGib: number;
  /** The keys and values that users see as the volume's metadata. */
  readonly volumeMetadata: Readonly<Record<string, unknown>>;
  /** The volume's row in Cinder's column names (`display_name`, `display_description`, …), which Cinder restores too. */
  readonly volumeBase?: VolumeMeta['base'];
  readonly imageMetadata?: VolumeMeta['imageMetadata'];
  /** What an incremental backup builds on. */
  readonly parent?: BackupLocation | null;
}

export interface RestoreRequest {
  readonly backup: BackupIdentity;
  /** Parent, its parent, and so on to the full backup. */
  readonly ancestors?: readonly BackupLocation[];
  /** Of the volume. */
  readonly sizeGib: number;
  readonly targetIsBlank: boolean;
}

/**
 * Backups on `store`. Threads and memory (about 100 MB) are taken with the first backup and shared by all that run at
 * once. Throws Misconfigured when the compression cannot be written. The errors of each method are those of
 * createBackup, restoreBackup and deleteBackup in chunked/.
 */
export class ChunkedBackupEngine {
  readonly #store: BackupStore;
  readonly #settings: ChunkedSettings;
  #pool: HashingPool | null = null;

  constructor(store: BackupStore, settings: ChunkedSettings) {
    writableCompression(settings.compression);
    this.#store = store;
    this.#settings = settings;
  }

  /** Backs up the `sizeGib` of `path`; run again, it goes on where it stopped. */
  async write(step: StepContext, request: WriteRequest, path: string) {
    const { backup, sizeGib, parent = null, volumeBase: base = null, imageMetadata = null } = request;
    const metadata = Object.fromEntries(
      Object.entries(request.volumeMetadata).map(([key, value]) => [key, String(value)]),
    );
    const volumeMeta = { base, metadata, imageMetadata };
    const source = { sourcePath: path, sizeBytes: gibToBytes(sizeGib) };
    return createBackup(step, this.#threads(), this.#store, this.#settings, { backup, ...source, volumeMeta, parent });
  }

  /** Removes every object of the backup; none there is success. */
  async remove(step: StepContext, backup: BackupLocation): Promise<void> {
    await deleteBackup(step, this.#store, backup);
  }

  /** Throws BackupCorrupt unless the store holds the backup's metadata and hashes: without them nothing can be restored. */
  async verify(backup: BackupLocation): Promise<void> {
    const container = backup.container ?? this.#store.defaultContainer(backup.id);
    const prefix = objectPrefix(backup);
    const names = await this.#store.list(container, prefix);
    const missing = [metadataName(prefix), sha256fileName(prefix)].find((name) => !names.includes(name));
    if (missing === undefined) return;
    throw new StorageError('BackupCorrupt', `the backup store has no ${missing} in the container ${container}`);
  }

  /** Writes the backup to `path` and answers the volume's metadata as it was. */
  async restore(step: StepContext, request: RestoreRequest, path: string) {
    const { backup, ancestors = [], sizeGib, targetIsBlank } = request;
    const target = { targetPath: path, sizeBytes: gibToBytes(sizeGib), targetIsBlank };
    const { volumeMeta } = await restoreBackup(step, this.#threads(), this.#store, { backup, ancestors, ...target });
    return { metadata: volumeMeta?.metadata ?? null, volumeMeta };
  }

  /** Ends the threads; a later call starts them anew. */
  async close(): Promise<void> {
    await this.#pool?.close();
    this.#pool = null;
  }

  #threads(): HashingPool {
    return (this.#pool ??= new HashingPool(this.#settings.shaBlockBytes));
  }
}
