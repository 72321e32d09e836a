// Runs in the lab VM: what workers there would make for NFS shares, and the bytes of images as an instance sees them.
import { stat } from 'node:fs/promises';
import { NfsConnector } from '../../../drivers/connector/nfs/driver.ts';
import { ChunkedBackupEngine } from '../../../drivers/backup/engine.ts';
import { NfsBackupStore } from '../../../drivers/backup/nfs/store.ts';
import { NfsMount } from '../../../drivers/nfs/mount.ts';
import { nfsVolumeOptions } from '../../../drivers/volume/nfs/config.ts';
import { NfsVolumeDriver } from '../../../drivers/volume/nfs/driver.ts';
import { readImageAt, writeImageAt } from '../../driver/support/image-bytes.ts';

export const readAt = readImageAt;
export const writeAt = writeImageAt;
export const size = async (path: string): Promise<number> => (await stat(path)).size;

export const makeConnector = (): NfsConnector => new NfsConnector('/run/connector');

export const makeDriver = (options: object): NfsVolumeDriver => new NfsVolumeDriver(nfsVolumeOptions.parse(options));

export async function makeBackupEngine(share: string, base: string): Promise<ChunkedBackupEngine> {
  const origin = { option: 'backup_mount_point_base', path: base };
  const settings = { share, shareOption: 'backup_share', mountOptions: null, attempts: 1, base: origin };
  const store = new NfsBackupStore(new NfsMount(settings));
  await store.checkForSetup();
  return new ChunkedBackupEngine(store, { fileSizeBytes: 2 ** 27, shaBlockBytes: 32_768, compression: 'zlib' });
}
