// The options of the backup service; names and defaults are Cinder's.
// https://docs.openstack.org/cinder/latest/configuration/block-storage/backup/posix-backup-driver.html
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { isShare, mountOptionsPattern, shareForm } from '../nfs/share.ts';
import { compressionWords } from './chunked/compression.ts';

/** The drivers by the names that a cinder.conf may give them. */
const driverNames = {
  posix: 'posix',
  'cinder.backup.drivers.posix.PosixBackupDriver': 'posix',
  nfs: 'nfs',
  'cinder.backup.drivers.nfs.NFSBackupDriver': 'nfs',
} as const;

/** More would not fit into one piece of memory. */
const maxShaBlockBytes = 16 * 1024 * 1024;

const flag = z.union([z.boolean(), z.stringbool()]);

/** Values as they stand in the INI file; what the chunked engine has no use for is taken and checked all the same. */
export const backupOptions = z
  .object({
    backup_driver: oneOfWords(driverNames, 'backup_driver').default('posix'),
    /** Directory that holds the containers; made when it is missing. */
    backup_posix_path: z.string().refine(isAbsolute, 'must be an absolute path'),
    // https://docs.openstack.org/cinder/latest/configuration/block-storage/backup/nfs-backup-driver.html
    backup_share: z.string().refine(isShare, `must be an NFS share: ${shareForm}`).optional(),
    backup_mount_options: z
      .string()
      .regex(mountOptionsPattern, 'must be options of mount.nfs parted by commas, without spaces')
      .optional(),
    /** Directory of the mount point, which is named after the share's MD5. */
    backup_mount_point_base: z.string().refine(isAbsolute, 'must be an absolute path'),
    backup_mount_attempts: z.coerce.number().int().min(1).default(3),
    /** Bytes of the volume that one object holds. */
    backup_file_size: z.coerce.number().int().min(512).default(1_999_994_880),
    /** Grain of incremental backups. */
    backup_sha_block_size_bytes: z.coerce.number().int().min(512).max(maxShaBlockBytes).default(32_768),
    backup_compression_algorithm: oneOfWords(compressionWords, 'backup_compression_algorithm').default('zlib'),
    /** Container of the backups whose user names none. */
    backup_container: z.string().min(1).optional(),
    // Progress goes through Temporal and the API, not through Ceilometer.
    backup_enable_progress_timer: flag.default(true),
    backup_object_number_per_notification: z.coerce.number().int().min(1).default(10),
    backup_timer_interval: z.coerce.number().int().min(1).default(120),
  })
  .refine((options) => options.backup_driver !== 'nfs' || options.backup_share !== undefined, {
    path: ['backup_share'],
    error: `must be set for backup_driver = nfs: ${shareForm}`,
  })
  .refine((options) => options.backup_file_size % options.backup_sha_block_size_bytes === 0, {
    path: ['backup_file_size'],
    error: 'must be a multiple of backup_sha_block_size_bytes',
  });

export type BackupOptions = z.infer<typeof backupOptions>;

function oneOfWords<const T extends Readonly<Record<string, string>>>(words: T, option: string) {
  const allowed = Object.keys(words).join(', ');
  return z.string().transform((word, context): T[keyof T] => {
    const meaning = Object.entries(words).find(([known]) => known.toLowerCase() === word.toLowerCase())?.[1];
    if (meaning !== undefined) return meaning as T[keyof T];
    context.addIssue({ code: 'custom', message: `${option} may be: ${allowed}; found ${JSON.stringify(word)}` });
    return z.NEVER;
  });
}
