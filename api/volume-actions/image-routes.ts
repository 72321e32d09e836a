// POST /volumes/:id/action: uploading a volume to an image, and writing an image over a volume.
import { z } from 'zod';
import type { Answer, RequestContext } from '../http/context.ts';
import { flag, text, uuid } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { mustFindVolume } from '../volumes/lookup.ts';
import { volumeActionPolicy } from './policy.ts';
import { reimageVolume } from './reimage.ts';
import { uploadVolume, type UploadWish } from './upload.ts';
import { microversions } from '../http/microversion-table.ts';

const at = { method: 'POST', path: '/volumes/:id/action' } as const;

/** https://github.com/openstack/cinder/blob/29.0.0/cinder/api/schemas/volume_actions.py */
const uploadShape = {
  image_name: text({ min: 1, max: 255 }),
  force: flag().optional(),
  disk_format: z.enum(['raw', 'vmdk', 'vdi', 'qcow2', 'vhd', 'vhdx', 'ploop']).optional(),
  container_format: z.string().max(255).nullable().optional(),
};
const uploadSchemas = {
  '3.0': z.strictObject({ 'os-volume_upload_image': z.strictObject(uploadShape) }),
  [microversions.uploadVisibility]: z.strictObject({
    'os-volume_upload_image': z.strictObject({
      ...uploadShape,
      visibility: z.enum(['community', 'public', 'private', 'shared']).optional(),
      protected: flag().optional(),
    }),
  }),
} as const;

const reimageSchema = z.strictObject({
  'os-reimage': z.strictObject({ image_id: uuid(), reimage_reserved: flag().optional() }),
});

async function upload(context: RequestContext, wish: UploadWish): Promise<Answer> {
  const volume = await mustFindVolume(context, context.params['id'] ?? '');
  context.authorize(volumeActionPolicy.uploadImage, volume);
  return uploadVolume(context, volume, wish);
}

export const imageActionRoutes = [
  route({
    ...at,
    action: 'os-volume_upload_image',
    before: microversions.uploadVisibility,
    policy: volumeActionPolicy.uploadImage,
    schema: uploadSchemas['3.0'],
    handler: (context, body) => upload(context, body['os-volume_upload_image']),
  }),
  route({
    ...at,
    action: 'os-volume_upload_image',
    since: microversions.uploadVisibility,
    policy: volumeActionPolicy.uploadImage,
    schema: uploadSchemas[microversions.uploadVisibility],
    handler: (context, body) => upload(context, body['os-volume_upload_image']),
  }),
  route({
    ...at,
    action: 'os-reimage',
    since: microversions.reimage,
    policy: volumeActionPolicy.reimage,
    schema: reimageSchema,
    handler: async (context, body) => {
      const volume = await mustFindVolume(context, context.params['id'] ?? '');
      await reimageVolume(context, volume, body['os-reimage']);
      return { status: 202 };
    },
  }),
];
