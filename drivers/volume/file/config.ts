// The options of a back-end with `volume_driver = file`; names and defaults are Cinder's where Cinder has them.
import { isAbsolute } from 'node:path';
import { z } from 'zod';

/** Values as they stand in the INI file. */
export const fileVolumeOptions = z.object({
  volume_backend_name: z.string().min(1),
  /** Directory that holds the volumes; it must exist and be writable. */
  file_volumes_dir: z.string().refine(isAbsolute, 'must be an absolute path'),
  /** Size that the pool claims to have, in GiB; without it, the file system's. */
  file_capacity_gib: z.coerce.number().positive().optional(),
  /** Sparse files: the space is taken when data is written. */
  max_over_subscription_ratio: z.union([z.literal('auto'), z.coerce.number().min(1)]).default(20),
  reserved_percentage: z.coerce.number().int().min(0).max(100).default(0),
  // https://docs.openstack.org/cinder/latest/admin/security.html#data-leakage
  volume_clear: z.enum(['zero', 'none']).default('zero'),
  /** MiB to erase at the start; 0 = all. */
  volume_clear_size: z.coerce.number().int().min(0).max(1024).default(0),
});

export type FileVolumeOptions = z.infer<typeof fileVolumeOptions>;
