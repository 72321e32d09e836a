// Understands why qemu-storage-daemon could not reach a LUN, and whether a file is mounted.
import { StorageError, type StorageErrorCode } from '../../../domain/storage-errors.ts';

/** What libiscsi and QEMU print, and who has to act on it. */
const reasons: readonly (readonly [RegExp, StorageErrorCode])[] = [
  [/Authentication failure|authentication failed/i, 'PermissionDenied'],
  // A target that is being started anew exports nothing for a moment: its host makes the exports again.
  [/Target not found|not found\(\d+\)|No such LUN|LOGICAL_UNIT_NOT_SUPPORTED/i, 'Unreachable'],
  [/Unknown driver 'iscsi'|module is not/i, 'CommandMissing'],
  [/fuse: device not found|failed to (?:mount|exec fusermount3?)|\/dev\/fuse/i, 'Misconfigured'],
  [/Connection refused|Failed to connect|timed out|No route to host/i, 'Unreachable'],
];

/** The error for a daemon that ended with `log` before the LUN was there. */
export function connectError(log: string, portal: string, iqn: string): StorageError {
  const code = reasons.find(([pattern]) => pattern.test(log))?.[1] ?? 'CommandFailed';
  return new StorageError(code, `could not connect to ${iqn} at ${portal}: ${log.trim() || 'no reason given'}`);
}
