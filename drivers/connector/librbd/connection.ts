// Reads the connection_info of an RBD volume: it came over the network, and goes into command lines and XML.
import { z } from 'zod';

const word = /^[\w][\w.+-]*$/;

/** `pool/image`, and with `@` a snapshot. */
const imageName = z
  .string()
  .regex(/^[\w][\w.+-]*\/[\w][\w.+-]*(@[\w][\w.+-]*)?$/)
  .transform((name) => {
    const [pool = '', rest = ''] = name.split('/');
    const [image = '', snapshot = null] = rest.split('@');
    return { pool, image, snapshot };
  });

/** Keys are Cinder's. */
export const rbdConnectionSchema = z.object({
  name: imageName,
  hosts: z.array(z.string().regex(/^[\w.:-]+$/)).min(1),
  ports: z.array(z.string().regex(/^\d{1,5}$/)),
  cluster_name: z.string().regex(word),
  auth_username: z.string().regex(word).nullable(),
  secret_uuid: z.string().nullable(),
  access_mode: z.enum(['ro', 'rw']).default('rw'),
});
