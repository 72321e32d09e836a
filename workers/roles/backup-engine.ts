// Which code keeps the backups: the configured store with Cinder's chunked format.
import { mustBeAbleTo } from '../../drivers/backup/chunked/compression.ts';
import { ChunkedBackupEngine } from '../../drivers/backup/engine.ts';
import type { BackupStore } from '../../drivers/backup/driver.ts';
import { NfsBackupStore } from '../../drivers/backup/nfs/store.ts';
import { NfsMount } from '../../drivers/nfs/mount.ts';
import { PosixBackupStore } from '../../drivers/backup/posix/store.ts';
import type { ScoriaConfig } from '../config/config.ts';
import type { BackupDriverName } from '../config/driver-names.ts';

const stores: Readonly<Record<BackupDriverName, (backup: ScoriaConfig['backup']) => BackupStore>> = {
  posix: ({ options }) => new PosixBackupStore(options.backup_posix_path),
  nfs: ({ options }) =>
    new NfsBackupStore(
      new NfsMount({
        share: options.backup_share ?? '',
        shareOption: 'backup_share',
        base: { option: 'backup_mount_point_base', path: options.backup_mount_point_base },
        mountOptions: options.backup_mount_options ?? null,
        attempts: options.backup_mount_attempts,
      }),
    ),
};

/** Checks that the store can be used. Throws StorageError naming the option and the path, CommandMissing naming the program. */
export async function backupEngineFor({ backup }: ScoriaConfig): Promise<ChunkedBackupEngine> {
  const store = stores[backup.driver](backup);
  await store.checkForSetup();
  const { options } = backup;
  await mustBeAbleTo([options.backup_compression_algorithm]);
  return new ChunkedBackupEngine(store, {
    fileSizeBytes: options.backup_file_size,
    shaBlockBytes: options.backup_sha_block_size_bytes,
    compression: options.backup_compression_algorithm,
  });
}

/** Cinder's names of the drivers, which its clients see as a backup's `service`. */
const services: Readonly<Record<BackupDriverName, string>> = {
  posix: 'cinder.backup.drivers.posix.PosixBackupDriver',
  nfs: 'cinder.backup.drivers.nfs.NFSBackupDriver',
};

/** What the backups of this host are called by. */
export function backupNames({ backup }: ScoriaConfig): { service: string; defaultContainer: string | null } {
  return { service: services[backup.driver], defaultContainer: backup.options.backup_container ?? null };
}
