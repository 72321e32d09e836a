// A path that is opened as bytes in place: an image of QEMU's, written so, would be destroyed.
import { StorageError } from '../domain/storage-errors.ts';
import type { LocalPath } from '../drivers/volume/driver.ts';

/** The path. Throws StorageError Unsupported for a qcow2 image, whose bytes only a connector shows. */
export function bytesPath({ path, kind }: LocalPath): string {
  if (kind !== 'qcow2') return path;
  throw new StorageError(
    'Unsupported',
    `${path} is a qcow2 image (nfs_qcow2_volumes, or a volume with snapshots): this needs a volume that is raw`,
  );
}
