// Names the option, the path and the user when the backup directory fails.
import { userInfo } from 'node:os';
import { StorageError } from '../../../domain/storage-errors.ts';
import { translateFsError } from '../../data/fs-errors.ts';

const option = 'backup_posix_path';

/** Runs `work` on `path`; a file system's error becomes a StorageError that says what to change. */
export async function withPosixErrors<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw posixError(error, path);
  }
}

export function posixError(error: unknown, path: string): unknown {
  const translated = translateFsError(error, { option, path });
  if (!(translated instanceof StorageError) || translated === error) return error;
  if (translated.code !== 'PermissionDenied') return translated;
  return new StorageError('PermissionDenied', `${translated.message} for user ${userName()}`, { cause: error });
}

/** A user id without an entry in the password file has no name, as in many containers. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
