// The options of a back-end with `target_helper = lioadm`; names and defaults are Cinder's.
import { z } from 'zod';

/** Values as they stand in the INI file. */
export const lioOptions = z.object({
  /** Address at which initiators reach this host. */
  target_ip_address: z.string().min(1),
  /** Further addresses of this host, for initiators with several paths. */
  target_secondary_ip_addresses: z.array(z.string().min(1)).default([]),
  target_port: z.coerce.number().int().min(1).max(65_535).default(3260),
  /** LIO takes only names of the form iqn.YYYY-MM.domain: RFC 3720, 3.2.6.3.1. */
  target_prefix: z
    .string()
    .regex(
      /^iqn\.\d{4}-\d\d\.[a-z0-9.-]+:[a-z0-9.:-]*$/,
      'iqn.YYYY-MM.<reversed domain>: and what follows, in lower case',
    )
    .default('iqn.2010-10.org.openstack:'),
});

export type LioOptions = z.infer<typeof lioOptions>;
