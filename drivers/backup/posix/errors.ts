// Names the option, the path and the user when the backup directory fails.
import { translateFsError, withUser } from '../../data/fs-errors.ts';

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
  return withUser(translateFsError(error, { option, path }), error);
}
