// Translates what goes wrong with the volume's own file or device while it is read or written.
import { StorageError, type StorageErrorCode } from '../../../domain/storage-errors.ts';

const codes: Readonly<Record<string, readonly [StorageErrorCode, string]>> = {
  ENOENT: ['Missing', 'is not there'],
  ENXIO: ['Missing', 'is a device that is not there'],
  EACCES: ['PermissionDenied', 'may not be opened by this user'],
  EPERM: ['PermissionDenied', 'may not be opened by this user'],
  EROFS: ['PermissionDenied', 'is on a read-only file system'],
  ENOSPC: ['InsufficientSpace', 'has no room for the bytes'],
  EDQUOT: ['InsufficientSpace', 'has no room for the bytes'],
  EISDIR: ['UnexpectedOutput', 'is a directory'],
  EIO: ['Internal', 'reported an input/output error'],
};

/** A StorageError that names the volume's path; what it does not know is returned as it came. */
export function volumeError(error: unknown, path: string): unknown {
  if (error instanceof StorageError || !(error instanceof Error)) return error;
  const row = codes[(error as NodeJS.ErrnoException).code ?? ''];
  return row ? new StorageError(row[0], `${path}, the volume's data, ${row[1]}`, { cause: error }) : error;
}
