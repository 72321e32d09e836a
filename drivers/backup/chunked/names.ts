// The names of a backup's objects. All derive from the backup's ids and its creation time, so that a repeat finds them.
import { mustBeUuid } from '../../../domain/ids.ts';

/** Where a backup's objects are: everything that delete and restore need. */
export interface BackupLocation {
  readonly id: string;
  readonly volumeId: string;
  /** null = the store's own default for this id. */
  readonly container: string | null;
  /** Seconds since 1970. */
  readonly createdAt: number;
  /** Cinder's `service_metadata`, for a backup whose record was imported; left out or null = derived. */
  readonly objectPrefix?: string | null;
}

// What Cinder's posix driver generates; a prefix that says otherwise could name other people's files, or half of ours.
const prefixPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]*_backup_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** `volume_<volume id>_<UTC yyyymmddhhmmss>_backup_<backup id>`, as Cinder's posix driver names its objects. */
export function objectPrefix(backup: BackupLocation): string {
  const id = mustBeUuid(backup.id);
  if (backup.objectPrefix) return mustBePrefix(backup.objectPrefix, id);
  const timestamp = new Date(backup.createdAt * 1000).toISOString().replace(/\..*|[-:T]/g, '');
  return `volume_${mustBeUuid(backup.volumeId)}_${timestamp}_backup_${id}`;
}

/** Whole, so that it reaches no second backup's objects. An imported backup may bear another id than its objects do. */
function mustBePrefix(prefix: string, id: string): string {
  if (prefixPattern.test(prefix)) return prefix;
  throw new TypeError(`not a prefix of backup ${id}: ${JSON.stringify(prefix.slice(0, 120))}`);
}

/** `<prefix>-00001` and on; more than 99,999 objects get longer numbers, as in Cinder. */
export const objectName = (prefix: string, number: number): string => `${prefix}-${String(number).padStart(5, '0')}`;
export const metadataName = (prefix: string): string => `${prefix}_metadata`;
export const sha256fileName = (prefix: string): string => `${prefix}_sha256file`;

/**
 * Receipts are Scoria's own: what an unfinished backup has done so far. They must not start with the backup's prefix,
 * for Cinder refuses a backup that has objects which its metadata does not list.
 */
export const receiptPrefix = (prefix: string): string => `scoria_${prefix}-chunk-`;
export const receiptName = (prefix: string, chunk: number): string =>
  receiptPrefix(prefix) + String(chunk).padStart(5, '0');
