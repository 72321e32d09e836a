// The options of a back-end with `target_helper = tgtadm`; names and defaults are Cinder's where Cinder has them.
import { z } from 'zod';

/** Values as they stand in the INI file. */
export const tgtOptions = z.object({
  /** Address at which initiators reach this host. */
  target_ip_address: z.string().min(1),
  /** Further addresses at which tgtd listens, for initiators with several paths. */
  target_secondary_ip_addresses: z.array(z.string().min(1)).default([]),
  target_port: z.coerce.number().int().min(1).max(65_535).default(3260),
  target_prefix: z.string().min(1).default('iqn.2010-10.org.openstack:'),
  /** Which tgtd of this host: `tgtd --control-port N`. */
  tgt_control_port: z.coerce.number().int().min(0).max(32_767).default(0),
});

export type TgtOptions = z.infer<typeof tgtOptions>;
