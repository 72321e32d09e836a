// The `_metadata` object of a backup, in Cinder's words: which objects hold which bytes, and the volume's own metadata.
import { z } from 'zod';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { BackupStore } from '../driver.ts';
import { readWhole } from '../read-whole.ts';
import { metadataName } from './names.ts';

export const formatVersion = '1.0.0';

/** 100,000 objects take 25 MB. */
const limitBytes = 256 * 1024 * 1024;

/** One object: `lengthBytes` bytes of the volume from `offsetBytes`; `md5` is of those bytes, before compression. */
export interface ObjectEntry {
  readonly name: string;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  /** The word that stands in Cinder's configuration, or `none` where compressing was no use. */
  readonly compression: string;
  readonly md5: string;
}

/** What a backup says of itself in both of its JSON objects. */
export interface BackupDescription {
  readonly id: string;
  readonly volumeId: string;
  readonly name: string | null;
  readonly description: string | null;
  /** Seconds since 1970. */
  readonly createdAt: number;
}

export interface BackupMetadata {
  readonly parentId: string | null;
  readonly objects: readonly ObjectEntry[];
  /** JSON in a string, as Cinder keeps it. */
  readonly volumeMeta: string | null;
}

const naturalNumber = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const wireEntry = z.object({
  offset: naturalNumber,
  length: naturalNumber,
  compression: z.string(),
  md5: z.string().regex(/^[0-9a-f]{32}$/),
});
const wireMetadata = z.object({
  version: z.string(),
  objects: z.array(z.record(z.string(), wireEntry)),
  parent_id: z.string().nullish(),
  volume_meta: z.string().nullish(),
});

/** Time as Python prints it, which is what stands in Cinder's own. */
export function pythonTime(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')}+00:00`;
}

/** The object's text: keys sorted, indented by two, as Cinder writes it. */
export function metadataText(backup: BackupDescription, metadata: BackupMetadata): string {
  const wire = {
    backup_description: backup.description,
    backup_id: backup.id,
    backup_name: backup.name,
    created_at: pythonTime(backup.createdAt),
    objects: metadata.objects.map(({ name, compression, lengthBytes, md5, offsetBytes }) => ({
      [name]: { compression, length: lengthBytes, md5, offset: offsetBytes },
    })),
    parent_id: metadata.parentId,
    version: formatVersion,
    volume_id: backup.volumeId,
    volume_meta: metadata.volumeMeta,
  };
  return JSON.stringify(wire, null, 2);
}

/** Throws Missing, or BackupCorrupt naming the object. */
export async function readMetadata(store: BackupStore, container: string, prefix: string): Promise<BackupMetadata> {
  const name = metadataName(prefix);
  const text = (await readWhole(store, container, name, limitBytes)).toString('utf8');
  const wire = wireMetadata.safeParse(jsonOrNull(text));
  if (!wire.success)
    throw new StorageError('BackupCorrupt', `object ${name} in ${container} is not a backup's metadata`);
  if (wire.data.version !== formatVersion) {
    throw new StorageError(
      'BackupCorrupt',
      `object ${name} in ${container} has version ${wire.data.version}, not ${formatVersion}`,
    );
  }
  const objects = wire.data.objects.flatMap((entry) =>
    Object.entries(entry).map(([object, { offset, length, ...rest }]) => ({
      name: object,
      offsetBytes: offset,
      lengthBytes: length,
      ...rest,
    })),
  );
  return { parentId: wire.data.parent_id ?? null, objects, volumeMeta: wire.data.volume_meta ?? null };
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
