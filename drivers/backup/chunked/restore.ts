// Writes a backup's bytes to a volume: its full backup first, then the incremental ones over it.
import { StorageError } from '../../../domain/storage-errors.ts';
import type { StepContext } from '../../step.ts';
import type { BackupStore } from '../driver.ts';
import type { HashingPool } from '../hashing/pool.ts';
import { decompressorFor, mustBeAbleTo } from './compression.ts';
import { inParallel } from './in-parallel.ts';
import { readMetadata, type BackupMetadata } from './metadata.ts';
import { objectPrefix, type BackupLocation } from './names.ts';
import { restoreObject } from './object-read.ts';
import { openTarget } from './restore-target.ts';
import { parseVolumeMeta, type VolumeMeta } from './volume-meta.ts';

export interface RestoreBackupRequest {
  readonly backup: BackupLocation;
  /** What an incremental backup builds on: its parent, the parent's parent, and so on to the full one. */
  readonly ancestors: readonly BackupLocation[];
  /** A file or block device; a file shorter than `sizeBytes` is made that long. */
  readonly targetPath: string;
  /** Size of the volume, at least the backup's; what lies beyond the backup stays as it is. */
  readonly sizeBytes: number;
  /** True only when the target is known to hold nothing but zeros. */
  readonly targetIsBlank: boolean;
}

export interface RestoredBackup {
  readonly volumeMeta: VolumeMeta | null;
}

interface Layer {
  readonly container: string;
  readonly metadata: BackupMetadata;
}

const objectsAtOnce = 2;

/**
 * Looks at everything before it writes anything, and verifies each object while it writes. May be run again. Throws
 * StorageError BackupCorrupt or Missing naming the object, Missing, PermissionDenied or InsufficientSpace naming the
 * target, SourceTooLarge, or the signal's reason.
 */
export async function restoreBackup(
  step: StepContext,
  pool: HashingPool,
  store: BackupStore,
  request: RestoreBackupRequest,
): Promise<RestoredBackup> {
  const { signal } = step;
  const layers = await readLayers(store, request);
  const volumeMeta = parseVolumeMeta(layers.at(-1)?.metadata.volumeMeta ?? null);
  const bytesTotal = layers
    .flatMap(({ metadata }) => metadata.objects)
    .reduce((sum, object) => sum + object.lengthBytes, 0);
  let bytesDone = 0;
  const onBytes = (bytes: number): void => step.reportProgress((bytesDone += bytes), bytesTotal);
  const { sizeBytes, targetIsBlank: isKnownBlank } = request;
  const isReplaced = endOf(layers[0]) >= sizeBytes;
  const target = await openTarget(request.targetPath, { sizeBytes, isKnownBlank, isReplaced });
  try {
    for (const [index, { container, metadata }] of layers.entries()) {
      // Over an older layer, zeros are data.
      const reader = { pool, store, container, target, skipsZeros: index === 0 && target.isBlank, signal, onBytes };
      await inParallel(metadata.objects, objectsAtOnce, (entry) => restoreObject(reader, entry));
    }
    await target.sync();
  } finally {
    await target.close();
  }
  return { volumeMeta };
}

/** How much of the volume a full backup holds: its objects follow one another from the start. */
function endOf(full: Layer | undefined): number {
  const last = full?.metadata.objects.at(-1);
  return last ? last.offsetBytes + last.lengthBytes : 0;
}

/** The metadata of all backups in the order in which they are applied, checked against what is on the store. */
async function readLayers(
  store: BackupStore,
  { backup, ancestors, sizeBytes }: RestoreBackupRequest,
): Promise<readonly Layer[]> {
  const layers: Layer[] = [];
  let parentId: string | null = backup.id;
  for (const each of [backup, ...ancestors]) {
    if (each.id !== parentId) break;
    const container = each.container ?? store.defaultContainer(each.id);
    const metadata = await readMetadata(store, container, objectPrefix(each));
    await mustBeWhole(store, container, objectPrefix(each), metadata, sizeBytes);
    parentId = metadata.parentId;
    await mustBeAbleTo(metadata.objects.map(({ compression }) => compression));
    layers.unshift({ container, metadata });
  }
  if (parentId === null) return layers;
  throw new StorageError('Missing', `backup ${backup.id} builds on backup ${parentId}, which was not given`);
}

async function mustBeWhole(
  store: BackupStore,
  container: string,
  prefix: string,
  { objects, parentId }: BackupMetadata,
  sizeBytes: number,
): Promise<void> {
  const found = new Set(await store.list(container, `${prefix}-`));
  let end = 0;
  for (const { name, offsetBytes, lengthBytes, compression } of objects) {
    if (!found.has(name))
      throw new StorageError('Missing', `backup object ${name} is missing in container ${container}`);
    decompressorFor(compression, name);
    if (offsetBytes < end || (parentId === null && offsetBytes !== end)) {
      throw new StorageError(
        'BackupCorrupt',
        `backup object ${name} in container ${container} begins at ${offsetBytes}, not at ${end}`,
      );
    }
    end = offsetBytes + lengthBytes;
  }
  if (end <= sizeBytes) return;
  throw new StorageError('SourceTooLarge', `the backup has ${end} bytes, the volume to restore to only ${sizeBytes}`);
}
