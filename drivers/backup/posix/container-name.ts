// Says which container names can only mean a directory below the store's own.
import { StorageError } from '../../../domain/storage-errors.ts';

// Cinder's API takes up to 255 characters: https://docs.openstack.org/api-ref/block-storage/v3/#create-a-backup
const maxNameChars = 255;
// Cinder joins the name to the store's path as it is, so that `/etc` or `../..` would lead out of it. No segment may
// begin with a dot: that leaves out `.` and `..`, and names of the store's own files.
const segmentPattern = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/;

/** True for segments of `A-Z a-z 0-9 _ . -`, parted by single slashes, none of which starts with a dot. */
export function isContainerName(name: string): boolean {
  return name.length <= maxNameChars && name.split('/').every((segment) => segmentPattern.test(segment));
}

/** Returns `name` if it is safe as a path below the store; throws StorageError ContainerRefused otherwise. */
export function mustBeContainerName(name: string): string {
  if (isContainerName(name)) return name;
  throw new StorageError(
    'ContainerRefused',
    `container ${JSON.stringify(name.slice(0, 80))} is refused: allowed are letters, digits, "_", "." and "-", ` +
      'in parts that do not start with a dot, parted by "/"',
  );
}
