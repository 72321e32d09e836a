// Says which object names can only mean a file in their container's directory.
import { StorageError } from '../../../domain/storage-errors.ts';

const objectNamePattern = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/;

/** Object names are built from UUIDs and Cinder's suffixes only; those of a foreign backup come from its metadata. */
export function mustBeObjectName(name: string): string {
  if (objectNamePattern.test(name)) return name;
  throw new StorageError('BackupCorrupt', `object name ${JSON.stringify(name.slice(0, 80))} is refused`);
}
