// Bodies of the actions on a volume that move, revert or let go of its storage.
// https://github.com/openstack/cinder/blob/29.0.0/cinder/api/schemas/admin_actions.py and volume_actions.py
import { z } from 'zod';
import { flag, text, uuid } from '../http/fields.ts';
import { microversions } from '../http/microversion-table.ts';

export const revertSchema = z.strictObject({
  revert: z.looseObject({ snapshot_id: z.string().nullable().optional() }),
});

export const retypeSchema = z.strictObject({
  'os-retype': z.strictObject({
    new_type: z.string(),
    migration_policy: z.enum(['on-demand', 'never']).optional(),
  }),
});

const migration = { force_host_copy: flag().optional(), lock_volume: flag().optional() };

export const migrateSchemas = {
  '3.0': z.strictObject({ 'os-migrate_volume': z.strictObject({ host: text({ max: 255 }), ...migration }) }),
  [microversions.migrateToCluster]: z.strictObject({
    'os-migrate_volume': z.strictObject({
      host: text({ max: 255 }).nullable().optional(),
      cluster: text({ max: 255 }).nullable().optional(),
      ...migration,
    }),
  }),
} as const;

const error = z.union([z.string(), z.boolean()]).nullable().optional();

export const migrateCompletionSchema = z.strictObject({
  'os-migrate_volume_completion': z.strictObject({ new_volume: uuid(), error }),
});
