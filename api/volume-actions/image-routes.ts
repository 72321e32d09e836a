// POST /volumes/:id/action: uploading a volume to an image and reimaging one. Refused: this service uses no Glance.
import { z } from 'zod';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { flag, text, uuid } from '../http/fields.ts';
import type { Policy } from '../http/policy.ts';
import { route } from '../http/route.ts';
import { mustFindVolume } from '../volumes/lookup.ts';
import { volumeActionPolicy } from './policy.ts';

const at = { method: 'POST', path: '/volumes/:id/action' } as const;

/** https://github.com/openstack/cinder/blob/29.0.0/cinder/api/schemas/volume_actions.py */
const upload = {
  image_name: text({ min: 1, max: 255 }),
  force: flag().optional(),
  disk_format: z.enum(['raw', 'vmdk', 'vdi', 'qcow2', 'vhd', 'vhdx', 'ploop']).optional(),
  container_format: z.string().max(255).nullable().optional(),
};
const uploadSchemas = {
  '3.0': z.strictObject({ 'os-volume_upload_image': z.strictObject(upload) }),
  '3.1': z.strictObject({
    'os-volume_upload_image': z.strictObject({
      ...upload,
      visibility: z.enum(['community', 'public', 'private', 'shared']).optional(),
      protected: flag().optional(),
    }),
  }),
} as const;

const reimageSchema = z.strictObject({
  'os-reimage': z.strictObject({ image_id: uuid(), reimage_reserved: flag().optional() }),
});

/** The volume has to be there, and its caller's, so that a refusal tells nobody about others' volumes. */
async function refuse(context: RequestContext, policy: Policy): Promise<never> {
  const volume = await mustFindVolume(context, context.params['id'] ?? '');
  context.authorize(policy, volume);
  const detail = 'No image service is configured: volumes cannot be uploaded to images or made from them here.';
  throw new ApiError('BadRequest', { detail });
}

export const imageActionRoutes = [
  route({
    ...at,
    action: 'os-volume_upload_image',
    until: '3.0',
    policy: volumeActionPolicy.uploadImage,
    schema: uploadSchemas['3.0'],
    handler: (context) => refuse(context, volumeActionPolicy.uploadImage),
  }),
  route({
    ...at,
    action: 'os-volume_upload_image',
    since: '3.1',
    policy: volumeActionPolicy.uploadImage,
    schema: uploadSchemas['3.1'],
    handler: (context) => refuse(context, volumeActionPolicy.uploadImage),
  }),
  route({
    ...at,
    action: 'os-reimage',
    since: '3.68',
    policy: volumeActionPolicy.reimage,
    schema: reimageSchema,
    handler: (context) => refuse(context, volumeActionPolicy.reimage),
  }),
];
