// Writes a backup in Cinder's chunked format: its objects, then the block hashes, then the metadata that makes it whole.
//
// A repeat under the same claim goes on where the last attempt stopped: receipts say which chunks are on the store.
// The backup is finished when its `_metadata` is there; that object is written last and deleted first.
import { StorageError } from '../../../domain/storage-errors.ts';
import type { StepContext } from '../../step.ts';
import type { BackupStore } from '../driver.ts';
import type { HashingPool } from '../hashing/pool.ts';
import { writableCompression, type Compression } from './compression.ts';
import { inParallel } from './in-parallel.ts';
import { metadataText, readMetadata, type BackupDescription, type ObjectEntry } from './metadata.ts';
import { metadataName, objectPrefix, receiptName, sha256fileName, type BackupLocation } from './names.ts';
import { writeObject, type ObjectWriter } from './object-write.ts';
import { chunksOf, fullPlanner, incrementalPlanner, type ChunkPlan, type Planner } from './plan.ts';
import { Receipts, type Chunk } from './receipt.ts';
import { sha256fileData } from './sha256file.ts';
import { openSource, type Source } from './source.ts';
import { volumeMetaText, type VolumeMeta } from './volume-meta.ts';

export interface ChunkedSettings {
  /** Volume bytes in one object: `backup_file_size`, a multiple of `shaBlockBytes`. */
  readonly fileSizeBytes: number;
  readonly shaBlockBytes: number;
  /** A word of `backup_compression_algorithm`. */
  readonly compression: string;
}

export interface CreateBackupRequest {
  readonly backup: BackupLocation & BackupDescription;
  /** A file or block device that nobody writes to until the operation has ended. */
  readonly sourcePath: string;
  readonly sizeBytes: number;
  readonly volumeMeta: VolumeMeta | null;
  /** The backup that an incremental one builds on; null = a full backup. */
  readonly parent: BackupLocation | null;
}

export interface CreatedBackup {
  readonly objectCount: number;
  readonly container: string;
  /** Cinder's `service_metadata`. */
  readonly objectPrefix: string;
}

interface Job extends CreateBackupRequest {
  readonly step: StepContext;
  readonly pool: HashingPool;
  readonly store: BackupStore;
  readonly settings: ChunkedSettings;
  readonly container: string;
  readonly prefix: string;
  readonly receipts: Receipts;
}

/** Enough for one object to be synced to the disk while the next are made. */
const chunksAtOnce = 3;
/** Changed extents are often small: what they wait for is the disk. */
const extentsAtOnce = 8;

/**
 * Makes the backup and answers where it is; made already is success. Throws StorageError Missing (the source, a
 * parent's object), InsufficientSpace, PermissionDenied, Misconfigured, ContainerRefused, SourceTooLarge,
 * UnexpectedOutput (the source is shorter than its volume), or the signal's reason.
 */
export async function createBackup(
  step: StepContext,
  pool: HashingPool,
  store: BackupStore,
  settings: ChunkedSettings,
  request: CreateBackupRequest,
): Promise<CreatedBackup> {
  if (settings.fileSizeBytes % settings.shaBlockBytes !== 0) {
    throw new StorageError('Misconfigured', 'backup_file_size must be a multiple of backup_sha_block_size_bytes');
  }
  step.signal.throwIfAborted();
  const { backup, parent } = request;
  const container = backup.container ?? store.defaultContainer(backup.id);
  const prefix = objectPrefix(backup);
  const terms = { shaBlockBytes: settings.shaBlockBytes, parentId: parent?.id ?? null };
  const receipts = new Receipts(step, store, container, prefix, terms);
  const job: Job = { ...request, step, pool, store, settings, container, prefix, receipts };
  await store.ensureContainer(container);
  const objectCount = (await finishedCount(job)) ?? (await makeBackup(job));
  return { objectCount, container, objectPrefix: prefix };
}

/** Number of objects of a backup that an earlier attempt has finished. */
async function finishedCount({ store, container, prefix, receipts }: Job): Promise<number | null> {
  if (!(await store.list(container, metadataName(prefix))).includes(metadataName(prefix))) return null;
  const { objects } = await readMetadata(store, container, prefix);
  await receipts.removeAll();
  return objects.length;
}

async function makeBackup(job: Job): Promise<number> {
  const { store, container, prefix } = job;
  const compression = writableCompression(job.settings.compression);
  // `scoria_…` of receipts that were being written, and the objects' own.
  await store.removeLitter(container, prefix);
  await store.removeLitter(container, `scoria_${prefix}`);
  const source = await openSource(job.sourcePath, job.sizeBytes, job.step.signal);
  try {
    await writeChunks(job, source, compression);
  } finally {
    await source.close();
  }
  return finish(job);
}

async function writeChunks(job: Job, source: Source, compression: Compression): Promise<void> {
  const { step, pool, store, container, settings, receipts } = job;
  const { signal } = step;
  const onBytes = progressOf(job);
  const isFull = job.parent === null;
  const { shaBlockBytes } = settings;
  const planner = job.parent
    ? await incrementalPlanner({ pool, store, source, shaBlockBytes, signal, onBytes }, job.prefix, job.parent)
    : fullPlanner(job.prefix);
  const writer: ObjectWriter = { pool, store, container, source, compression, signal };
  const options = { shaBlockBytes: isFull ? shaBlockBytes : 0, onBytes: isFull ? onBytes : () => undefined };
  try {
    await inParallel(unwritten(job, planner, onBytes), chunksAtOnce, async ({ chunk, objects, digests }) => {
      const entries = new Map<string, ObjectEntry>();
      let made: Uint8Array = new Uint8Array();
      await inParallel(objects, extentsAtOnce, async (range) => {
        const written = await writeObject(writer, range, options);
        entries.set(range.name, written.entry);
        made = written.digests;
      });
      const inOrder = objects.map(({ name }) => entries.get(name) as ObjectEntry);
      await receipts.write({ chunk, objects: inOrder, digests: digests ?? made });
    });
  } finally {
    await planner.close();
  }
}

/** Plans the chunks for which there is no receipt that holds. */
async function* unwritten(job: Job, planner: Planner, onBytes: (bytes: number) => void): AsyncGenerator<ChunkPlan> {
  const { receipts, prefix, step } = job;
  const written = new Set(await receipts.names());
  for (const chunk of chunksOf(job.sizeBytes, job.settings.fileSizeBytes)) {
    step.signal.throwIfAborted();
    const receipt = written.has(receiptName(prefix, chunk.number)) ? await receipts.read(chunk) : null;
    if (receipt) {
      await planner.skip(chunk, receipt.objects.length);
      onBytes(chunk.lengthBytes);
    } else yield await planner.plan(chunk);
  }
}

function progressOf({ step, sizeBytes }: Job): (bytes: number) => void {
  let bytesDone = 0;
  return (bytes) => {
    bytesDone += bytes;
    step.reportProgress(bytesDone, sizeBytes);
  };
}

async function finish(job: Job): Promise<number> {
  const { step, store, container, prefix, backup, settings, receipts } = job;
  const { signal } = step;
  const objects: ObjectEntry[] = [];
  const digests = eachDigests(job, (entries) => objects.push(...entries));
  await store.put(container, sha256fileName(prefix), sha256fileData(backup, settings.shaBlockBytes, digests), signal);
  await removeStrangers(job, objects);
  const volumeMeta = job.volumeMeta ? volumeMetaText(job.volumeMeta) : null;
  const text = metadataText(backup, { parentId: job.parent?.id ?? null, objects, volumeMeta });
  await store.put(container, metadataName(prefix), [Buffer.from(text)], signal);
  await receipts.removeAll();
  return objects.length;
}

async function* eachDigests(
  job: Job,
  onObjects: (entries: readonly ObjectEntry[]) => void,
): AsyncGenerator<Uint8Array> {
  for (const chunk of chunksOf(job.sizeBytes, job.settings.fileSizeBytes)) {
    const receipt = await job.receipts.read(chunk);
    if (!receipt) throw lost(job, chunk);
    onObjects(receipt.objects);
    yield receipt.digests;
  }
}

function lost({ container, prefix }: Job, chunk: Chunk): StorageError {
  return new StorageError(
    'Internal',
    `${receiptName(prefix, chunk.number)} in ${container} was changed while it was needed`,
  );
}

/** Removes objects of an earlier claim with other settings: Cinder refuses a backup with objects that it does not list. */
async function removeStrangers({ store, container, prefix }: Job, objects: readonly ObjectEntry[]): Promise<void> {
  const listed = new Set(objects.map(({ name }) => name));
  const found = await store.list(container, `${prefix}-`);
  await store.delete(
    container,
    found.filter((name) => !listed.has(name)),
  );
}
