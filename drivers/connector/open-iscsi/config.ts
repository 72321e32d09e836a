// The options of the connector `open-iscsi` on a compute or backup host.
import { z } from 'zod';

export const openIscsiOptions = z.object({
  /** This host's name, as its services report it. */
  host: z.string().min(1),
  my_ip: z.string().min(1).default('127.0.0.1'),
  /** True: volumes with several portals are given out as one multipath device, and as nothing less. */
  enforce_multipath: z.boolean().default(false),
});

export type OpenIscsiOptions = z.infer<typeof openIscsiOptions>;
