// Translates a file system's errors into Scoria's, naming the option and the path that an operator has to look at.
import { userInfo } from 'node:os';
import { StorageError, type StorageErrorCode } from '../../domain/storage-errors.ts';
import { CommandFailedError } from '../../privileged/run.ts';

interface Translation {
  readonly code: StorageErrorCode;
  readonly what: string;
}

const translations: Readonly<Record<string, Translation>> = {
  ENOSPC: { code: 'InsufficientSpace', what: 'no space left' },
  EDQUOT: { code: 'InsufficientSpace', what: 'disk quota used up' },
  EFBIG: { code: 'InsufficientSpace', what: 'the file system does not hold files of that size' },
  EACCES: { code: 'PermissionDenied', what: 'permission denied' },
  EPERM: { code: 'PermissionDenied', what: 'operation not permitted' },
  EROFS: { code: 'PermissionDenied', what: 'the file system is read-only' },
  ENOENT: { code: 'Missing', what: 'it is not there' },
  ENOTDIR: { code: 'Misconfigured', what: 'not a directory' },
  EMFILE: { code: 'Busy', what: 'too many open files' },
  EIO: { code: 'Internal', what: 'the device reported an input/output error' },
};

/** The same conditions as programs print them under LC_ALL=C: strerror(3). */
const printed: readonly (readonly [RegExp, string])[] = [
  [/No space left on device/, 'ENOSPC'],
  [/Disk quota exceeded/, 'EDQUOT'],
  [/File too large/, 'EFBIG'],
  [/Permission denied/, 'EACCES'],
  [/Operation not permitted/, 'EPERM'],
  [/Read-only file system/, 'EROFS'],
  [/Input\/output error/, 'EIO'],
];

/** Where a path comes from: `lvm.file_volumes_dir`, so that the message says what to change. */
export interface PathOrigin {
  readonly option: string;
  readonly path: string;
}

/** A StorageError for a failed file operation or copy command; anything it does not know is returned as it came. */
export function translateFsError(error: unknown, { option, path }: PathOrigin): unknown {
  const errno = errnoOf(error);
  const translation = errno === null ? undefined : translations[errno];
  if (!translation) return error;
  return new StorageError(translation.code, `${path} (option ${option}): ${translation.what}`, { cause: error });
}

function errnoOf(error: unknown): string | null {
  if (error instanceof CommandFailedError) return printed.find(([pattern]) => pattern.test(error.stderr))?.[1] ?? null;
  if (error instanceof StorageError || !(error instanceof Error)) return null;
  return (error as NodeJS.ErrnoException).code ?? null;
}

/** Says which user may not, where that is the trouble. */
export function withUser(translated: unknown, original: unknown): unknown {
  if (!(translated instanceof StorageError) || translated === original) return translated;
  if (translated.code !== 'PermissionDenied') return translated;
  return new StorageError('PermissionDenied', `${translated.message} for user ${userName()}`, { cause: original });
}

/** A user id without an entry in the password file has no name, as in many containers. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
