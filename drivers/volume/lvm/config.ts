// The options of a back-end with `volume_driver = lvm`; names and defaults are Cinder's.
// https://docs.openstack.org/cinder/latest/configuration/block-storage/drivers/lvm-volume-driver.html
import { z } from 'zod';

/** lvm(8): "VALID NAMES". */
const groupName = /^[a-zA-Z0-9+_.][a-zA-Z0-9+_.-]*$/;

/** Values as they stand in the INI file. */
export const lvmVolumeOptions = z.object({
  volume_backend_name: z.string().min(1),
  volume_group: z.string().regex(groupName, 'the name of a volume group').default('cinder-volumes'),
  /** `auto`: thin where the group is empty or has a pool for us, else thick. */
  lvm_type: z.enum(['default', 'thin', 'auto']).default('auto'),
  max_over_subscription_ratio: z.union([z.literal('auto'), z.coerce.number().min(1)]).default(20),
  /** In the place of max_over_subscription_ratio, when it is set. */
  lvm_max_over_subscription_ratio: z.coerce.number().min(1).optional(),
  reserved_percentage: z.coerce.number().int().min(0).max(100).default(0),
  volume_clear: z.enum(['zero', 'none']).default('zero'),
  /** MiB to erase at the start; 0 = all. */
  volume_clear_size: z.coerce.number().int().min(0).max(1024).default(0),
  /** Arguments of ionice(1), such as `-c3`. */
  volume_clear_ionice: z
    .string()
    .regex(/^-c\s?[0-3](\s+-n\s?[0-7])?$/)
    .optional(),
  volume_dd_blocksize: z
    .string()
    .regex(/^\d+[KMG]?$/i)
    .default('1M'),
});

export type LvmVolumeOptions = z.infer<typeof lvmVolumeOptions>;
