// The options of the connector `libiscsi` on a compute or backup host.
import { isAbsolute } from 'node:path';
import { z } from 'zod';

export const libiscsiOptions = z.object({
  /** Directory for its sockets, secrets and the files that show connected volumes: `<state_path>/connections/…`. */
  state_path: z.string().refine(isAbsolute, 'must be an absolute path'),
  /** This host's name, as its services report it. */
  host: z.string().min(1),
  my_ip: z.string().min(1).default('127.0.0.1'),
  /** Name under which it logs in; by default made from the host's. */
  initiator_name: z.string().min(1).optional(),
});

export type LibiscsiOptions = z.infer<typeof libiscsiOptions>;
