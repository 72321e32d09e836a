// The options of a back-end with `volume_driver = nfs`; names and defaults are Cinder's.
// https://docs.openstack.org/cinder/latest/configuration/block-storage/drivers/nfs-volume-driver.html
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { isShare, mountOptionsPattern, shareForm } from '../../nfs/share.ts';

const absolute = z.string().refine(isAbsolute, 'must be an absolute path');
const mountOptions = z.string().regex(mountOptionsPattern, 'must be options of mount.nfs parted by commas');
const flag = z.union([z.boolean(), z.stringbool()]);

/** Values as they stand in the INI file. */
export const nfsVolumeOptions = z
  .object({
    volume_backend_name: z.string().min(1),
    /** File with a share on each line, its own mount options behind it. */
    nfs_shares_config: absolute.default('/etc/cinder/nfs_shares'),
    nfs_mount_point_base: absolute,
    nfs_mount_options: mountOptions.optional(),
    nfs_mount_attempts: z.coerce.number().int().min(1).default(3),
    /** False: a volume takes all of its space when it is made. */
    nfs_sparsed_volumes: flag.default(true),
    nfs_qcow2_volumes: flag.default(false),
    nfs_snapshot_support: flag.default(false),
    /** One share without a file: both or neither. */
    nas_host: z.string().min(1).optional(),
    nas_share_path: absolute.optional(),
    nas_mount_options: mountOptions.optional(),
    /** Files are always touched as the worker's own user, whatever this says: root is for mounting only. */
    nas_secure_file_operations: z.enum(['auto', 'true', 'false']).default('auto'),
    /** False: everybody may read and write the files. */
    nas_secure_file_permissions: z.enum(['auto', 'true', 'false']).default('auto'),
    max_over_subscription_ratio: z.union([z.literal('auto'), z.coerce.number().min(1)]).default(20),
    reserved_percentage: z.coerce.number().int().min(0).max(100).default(0),
  })
  .refine((options) => (options.nas_host === undefined) === (options.nas_share_path === undefined), {
    path: ['nas_share_path'],
    error: 'nas_host and nas_share_path must be set together',
  })
  .refine(({ nas_host, nas_share_path }) => nas_host === undefined || isShare(`${nas_host}:${nas_share_path}`), {
    path: ['nas_host'],
    error: `must make a share with nas_share_path: ${shareForm}`,
  });

export type NfsVolumeOptions = z.infer<typeof nfsVolumeOptions>;
