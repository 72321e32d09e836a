// Understands why qemu-storage-daemon could not open an RBD image.
import { StorageError, type StorageErrorCode } from '../../../domain/storage-errors.ts';

/** What librbd and QEMU print, and who has to act on it. */
const reasons: readonly (readonly [RegExp, StorageErrorCode])[] = [
  [/Unknown driver 'rbd'|module is not|does not support/i, 'CommandMissing'],
  [/fuse: device not found|failed to (?:mount|exec fusermount3?)|\/dev\/fuse/i, 'Misconfigured'],
  [/error opening pool|error reading conf file/i, 'Misconfigured'],
  [/Permission denied|Operation not permitted|keyring/i, 'PermissionDenied'],
  [/error reading header|error opening image/i, 'Missing'],
  [/error connecting|timed out/i, 'Unreachable'],
];

/** The error for a daemon that ended with `log` before the image was there. */
export function openError(log: string, image: string): StorageError {
  const code = reasons.find(([pattern]) => pattern.test(log))?.[1] ?? 'CommandFailed';
  return new StorageError(code, `could not open the RBD image ${image}: ${log.trim() || 'no reason given'}`);
}
