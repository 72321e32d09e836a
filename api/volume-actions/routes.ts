// POST /volumes/:id/action: extend, flags, image metadata, what administrators force; connections are beside it.
import { attachmentsOf } from '../../prisma/store/attachments/attachments.ts';
import { resetVolume } from '../../prisma/store/volumes/reset.ts';
import { mergeEntries, removeEntry } from '../../prisma/store/database/json-entries.ts';
import { editVolume, type VolumeRow } from '../../prisma/store/volumes/volumes.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import type { Policy } from '../http/policy.ts';
import { route, type Route } from '../http/route.ts';
import { emptyOk } from '../lists/empty-answer.ts';
import { deleteVolume } from '../volumes/delete.ts';
import { mustFindVolume } from '../volumes/lookup.ts';
import { connectionActionRoutes } from './connection-routes.ts';
import { completeExtend, extendVolume } from './extend.ts';
import { imageActionRoutes } from './image-routes.ts';
import { storageActionRoutes } from './storage-routes.ts';
import { volumeActionPolicy } from './policy.ts';
import {
  bootableSchema,
  extendCompletionSchema,
  extendSchema,
  nothing,
  readonlySchema,
  resetSchema,
  setImageMetadataSchema,
  unsetImageMetadataSchema,
} from './schema.ts';

const at = { method: 'POST', path: '/volumes/:id/action' } as const;
const accepted: Answer = { status: 202 };

async function find(context: RequestContext, policy: Policy): Promise<VolumeRow> {
  const volume = await mustFindVolume(context, context.params['id'] ?? '');
  context.authorize(policy, volume);
  return volume;
}

interface ResetWish {
  readonly status?: string | null;
  readonly attach_status?: string | null;
  readonly migration_status?: string | null;
}

async function reset(context: RequestContext, wish: ResetWish): Promise<Answer> {
  const volume = await find(context, volumeActionPolicy.resetStatus);
  const { status, attach_status: attachStatus, migration_status: migrationStatus } = wish;
  if (status === 'deleting') throw new ApiError('BadRequest', { detail: 'Cannot reset-state to deleting' });
  if (status === 'in-use' && (await attachmentsOf(context.db, volume.id)).length === 0) {
    const detail = 'Cannot reset-state to in-use because volume does not have any attachments.';
    throw new ApiError('BadRequest', { detail });
  }
  return context.inTransaction(async (tx) => {
    const found = await resetVolume(tx, {
      id: volume.id,
      status: status ?? undefined,
      attachStatus: attachStatus ?? undefined,
      migrationStatus: migrationStatus === 'none' ? null : (migrationStatus ?? undefined),
      actor: context.userId,
    });
    if (!found) throw new ApiError('VolumeNotFound', { volume_id: volume.id });
    return accepted;
  });
}

async function setReadonly(context: RequestContext, readonly: boolean): Promise<Answer> {
  const volume = await find(context, volumeActionPolicy.updateReadonly);
  if (volume.status !== 'available') {
    const reason = `Volume ${volume.id} status must be available to update readonly flag, but current status is: ${volume.status}.`;
    throw new ApiError('InvalidVolume', { reason });
  }
  return context.inTransaction(async (tx) => {
    await mergeEntries(tx, 'volumeAdminMetadata', volume.id, { readonly: readonly ? 'True' : 'False' });
    return accepted;
  });
}

const imageMetadataOf = (volume: VolumeRow): Record<string, string> =>
  volume.imageMetadataJson === null ? {} : (JSON.parse(volume.imageMetadataJson) as Record<string, string>);

export const volumeActionRoutes: readonly Route[] = [
  route({
    ...at,
    action: 'os-extend_volume_completion',
    policy: volumeActionPolicy.completeExtend,
    schema: extendCompletionSchema,
    handler: async (context) => completeExtend(await find(context, volumeActionPolicy.completeExtend)),
  }),
  route({
    ...at,
    action: 'os-extend',
    policy: volumeActionPolicy.extend,
    schema: extendSchema,
    handler: async (context, body) => {
      const volume = await mustFindVolume(context, context.params['id'] ?? '');
      await extendVolume(context, volume, body['os-extend'].new_size);
      return accepted;
    },
  }),
  route({
    ...at,
    action: 'os-reset_status',
    policy: volumeActionPolicy.resetStatus,
    schema: resetSchema,
    handler: (context, body) => reset(context, body['os-reset_status']),
  }),
  route({
    ...at,
    action: 'os-force_delete',
    policy: volumeActionPolicy.forceDelete,
    schema: nothing('os-force_delete'),
    handler: async (context) => {
      await deleteVolume(context, await find(context, volumeActionPolicy.forceDelete), { force: true, cascade: false });
      return accepted;
    },
  }),
  route({
    ...at,
    action: 'os-set_bootable',
    policy: volumeActionPolicy.setBootable,
    schema: bootableSchema,
    handler: async (context, body) => {
      const volume = await find(context, volumeActionPolicy.setBootable);
      return context.inTransaction(async (tx) => {
        await editVolume(tx, volume.id, { bootable: body['os-set_bootable'].bootable });
        return { status: 200 };
      });
    },
  }),
  route({
    ...at,
    action: 'os-update_readonly_flag',
    policy: volumeActionPolicy.updateReadonly,
    schema: readonlySchema,
    handler: (context, body) => setReadonly(context, body['os-update_readonly_flag'].readonly),
  }),
  route({
    ...at,
    action: 'os-set_image_metadata',
    policy: volumeActionPolicy.setImageMetadata,
    schema: setImageMetadataSchema,
    handler: async (context, body) => {
      const volume = await find(context, volumeActionPolicy.setImageMetadata);
      const { metadata } = body['os-set_image_metadata'];
      return context.inTransaction(async (tx) => ({
        body: { metadata: await mergeEntries(tx, 'volumeImageMetadata', volume.id, metadata) },
      }));
    },
  }),
  route({
    ...at,
    action: 'os-show_image_metadata',
    policy: volumeActionPolicy.showImageMetadata,
    schema: nothing('os-show_image_metadata'),
    handler: async (context) => ({
      body: { metadata: imageMetadataOf(await find(context, volumeActionPolicy.showImageMetadata)) },
    }),
  }),
  route({
    ...at,
    action: 'os-unset_image_metadata',
    policy: volumeActionPolicy.unsetImageMetadata,
    schema: unsetImageMetadataSchema,
    handler: async (context, body) => {
      const volume = await find(context, volumeActionPolicy.unsetImageMetadata);
      const { key } = body['os-unset_image_metadata'];
      return context.inTransaction(async (tx) => {
        if (!(await removeEntry(tx, 'volumeImageMetadata', volume.id, key))) {
          throw new ApiError('GlanceMetadataNotFound', { id: volume.id });
        }
        return emptyOk;
      });
    },
  }),
  ...connectionActionRoutes,
  ...storageActionRoutes,
  ...imageActionRoutes,
];
