// What Keystone says of a token, checked: whatever else it sends is not looked at.
// https://docs.openstack.org/api-ref/identity/v3/#validate-and-show-information-for-token
import { z } from 'zod';

const named = z.object({ id: z.string(), domain: z.object({ id: z.string() }).optional() });

export const tokenSchema = z.object({
  expires_at: z.iso.datetime({ offset: true }),
  user: named,
  roles: z.array(z.object({ name: z.string() })).default([]),
  project: named.optional(),
  domain: z.object({ id: z.string() }).optional(),
  system: z.object({ all: z.boolean().optional() }).optional(),
  is_admin_project: z.boolean().default(true),
  application_credential: z
    .object({
      access_rules: z.array(z.object({ service: z.string(), method: z.string(), path: z.string() })).optional(),
    })
    .optional(),
  catalog: z
    .array(
      z.object({
        type: z.string(),
        endpoints: z.array(
          z.object({
            interface: z.string(),
            url: z.string(),
            region: z.string().nullish(),
            region_id: z.string().nullish(),
          }),
        ),
      }),
    )
    .default([]),
});

export type Token = z.output<typeof tokenSchema>;

export const roleNames = (token: Token): readonly string[] => token.roles.map(({ name }) => name);
