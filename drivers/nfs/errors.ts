// Makes what commands say about a share into errors that name the share, the option, the path and the user.
import { StorageError } from '../../domain/storage-errors.ts';
import { CommandFailedError } from '../../privileged/run.ts';
import { translateFsError, withUser, type PathOrigin } from '../data/fs-errors.ts';

export interface ShareOrigin extends PathOrigin {
  readonly share: string;
}

/** Its server is away, was made anew, or has lost the export: mount.nfs(8) and strerror(3). */
const unreachable =
  /Stale file handle|Connection (refused|timed out|reset)|No route to host|Host is down|Network is unreachable|Name or service not known|Temporary failure in name resolution|mount system call failed|Remote I\/O error|Failed to resolve server/i;

/** `error` of a command on a share, as a StorageError; one that it does not know is answered as it came. */
export function shareError(error: unknown, origin: ShareOrigin): unknown {
  const where = `NFS share ${origin.share} (option ${origin.option}) at ${origin.path}`;
  if (error instanceof StorageError && error.code === 'CommandTimeout') {
    return new StorageError('Unreachable', `${where} does not answer: ${error.message}`, { cause: error });
  }
  if (error instanceof CommandFailedError && unreachable.test(error.stderr)) {
    return new StorageError('Unreachable', `${where} cannot be reached: ${error.stderr.trim()}`, { cause: error });
  }
  if (error instanceof CommandFailedError && /access denied by server/.test(error.stderr)) {
    return new StorageError('PermissionDenied', `${where}: ${error.stderr.trim()}`, { cause: error });
  }
  return withUser(translateFsError(error, origin), error);
}
