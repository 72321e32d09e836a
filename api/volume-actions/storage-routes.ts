// POST /volumes/:id/action: what moves, reverts or lets go of a volume's storage.
import type { VolumeRow } from '../../prisma/store/volumes/volumes.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import type { Policy } from '../http/policy.ts';
import { route } from '../http/route.ts';
import { emptyAccepted } from '../lists/empty-answer.ts';
import { deleteVolume } from '../volumes/delete.ts';
import { mustFindVolume } from '../volumes/lookup.ts';
import { completeMigration, migrateVolume } from './migrate.ts';
import { volumeActionPolicy } from './policy.ts';
import { retypeVolume } from './retype.ts';
import { revertVolume } from './revert.ts';
import { nothing } from './schema.ts';
import { migrateCompletionSchema, migrateSchemas, retypeSchema, revertSchema } from './storage-schema.ts';
import { microversions } from '../http/microversion-table.ts';

const at = { method: 'POST', path: '/volumes/:id/action' } as const;
const accepted: Answer = { status: 202 };

async function find(context: RequestContext, policy: Policy): Promise<VolumeRow> {
  const volume = await mustFindVolume(context, context.params['id'] ?? '');
  context.authorize(policy, volume.projectId);
  return volume;
}

export const storageActionRoutes = [
  route({
    ...at,
    action: 'revert',
    since: microversions.revert,
    policy: volumeActionPolicy.revert,
    schema: revertSchema,
    handler: async (context, body) => {
      const volume = await find(context, volumeActionPolicy.revert);
      await revertVolume(context, volume, body.revert.snapshot_id ?? null);
      return accepted;
    },
  }),
  route({
    ...at,
    action: 'os-retype',
    policy: volumeActionPolicy.retype,
    schema: retypeSchema,
    handler: async (context, body) => {
      await retypeVolume(context, await find(context, volumeActionPolicy.retype), body['os-retype']);
      return accepted;
    },
  }),
  route({
    ...at,
    action: 'os-migrate_volume',
    before: microversions.migrateToCluster,
    policy: volumeActionPolicy.migrate,
    schema: migrateSchemas['3.0'],
    handler: async (context, body) => {
      await migrateVolume(context, await find(context, volumeActionPolicy.migrate), body['os-migrate_volume']);
      return accepted;
    },
  }),
  route({
    ...at,
    action: 'os-migrate_volume',
    since: microversions.migrateToCluster,
    policy: volumeActionPolicy.migrate,
    schema: migrateSchemas[microversions.migrateToCluster],
    handler: async (context, body) => {
      await migrateVolume(context, await find(context, volumeActionPolicy.migrate), body['os-migrate_volume']);
      return accepted;
    },
  }),
  route({
    ...at,
    action: 'os-migrate_volume_completion',
    policy: volumeActionPolicy.migrateCompletion,
    schema: migrateCompletionSchema,
    handler: async (context, body) => {
      const volume = await find(context, volumeActionPolicy.migrateCompletion);
      const newVolume = await mustFindVolume(context, body['os-migrate_volume_completion'].new_volume);
      return completeMigration(context, volume, newVolume);
    },
  }),
  route({
    ...at,
    action: 'os-unmanage',
    policy: volumeActionPolicy.unmanage,
    schema: nothing('os-unmanage'),
    handler: async (context) => {
      const volume = await find(context, volumeActionPolicy.unmanage);
      await deleteVolume(context, volume, { force: false, cascade: false, unmanage: true });
      return emptyAccepted;
    },
  }),
];
