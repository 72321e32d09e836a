// /volumes/:volume_id/metadata: a volume's own metadata.
import {
  editVolume,
  mergeVolumeMetadata,
  removeVolumeMetadata,
  type Metadata,
  type VolumeRow,
} from '../../prisma/store/volumes.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { route } from '../http/route.ts';
import { emptyOk } from '../lists/empty-answer.ts';
import { mustFindVolume } from './lookup.ts';
import { volumePolicy } from './policy.ts';
import { metadataSchema, metaSchema } from './schema.ts';

const path = '/volumes/:volume_id/metadata';
const itemPath = `${path}/:key`;

const keyOf = ({ params }: RequestContext): string => params['key'] ?? '';

const metadataOf = ({ metadataJson }: VolumeRow): Metadata => JSON.parse(metadataJson) as Metadata;

function notFound(volume: VolumeRow, key: string): ApiError {
  return new ApiError('VolumeMetadataNotFound', { volume_id: volume.id, metadata_key: key });
}

/** Statuses in which Cinder leaves a volume's metadata alone. */
const frozenStatuses: readonly string[] = ['maintenance', 'uploading'];

async function find(
  context: RequestContext,
  policy: (typeof volumePolicy)[keyof typeof volumePolicy],
  change?: 'Updating' | 'Deleting',
): Promise<VolumeRow> {
  const volume = await mustFindVolume(context, context.params['volume_id'] ?? '');
  context.authorize(policy, volume);
  if (change && frozenStatuses.includes(volume.status)) {
    const reason = `${change} volume metadata is not allowed for volumes in ${volume.status} status.`;
    throw new ApiError('InvalidVolume', { reason });
  }
  return volume;
}

export const volumeMetadataRoutes = [
  route({
    method: 'GET',
    path,
    policy: volumePolicy.getMetadata,
    handler: async (context) => ({ body: { metadata: metadataOf(await find(context, volumePolicy.getMetadata)) } }),
  }),
  route({
    method: 'POST',
    path,
    policy: volumePolicy.createMetadata,
    schema: metadataSchema,
    handler: async (context, { metadata }) => {
      const volume = await find(context, volumePolicy.createMetadata, 'Updating');
      return context.inTransaction(async (tx) => ({
        body: { metadata: await mergeVolumeMetadata(tx, volume.id, 'metadata', metadata) },
      }));
    },
  }),
  route({
    method: 'PUT',
    path,
    policy: volumePolicy.updateMetadata,
    schema: metadataSchema,
    handler: async (context, { metadata }) => {
      const volume = await find(context, volumePolicy.updateMetadata, 'Updating');
      return context.inTransaction(async (tx) => {
        await editVolume(tx, volume.id, { metadata });
        return { body: { metadata } };
      });
    },
  }),
  route({
    method: 'GET',
    path: itemPath,
    policy: volumePolicy.getMetadata,
    handler: async (context) => {
      const volume = await find(context, volumePolicy.getMetadata);
      const metadata = metadataOf(volume);
      const key = keyOf(context);
      if (!Object.hasOwn(metadata, key)) throw notFound(volume, key);
      return { body: { meta: { [key]: metadata[key] } } };
    },
  }),
  route({
    method: 'PUT',
    path: itemPath,
    policy: volumePolicy.updateMetadata,
    schema: metaSchema,
    handler: async (context, { meta }) => {
      if (!Object.hasOwn(meta, keyOf(context))) {
        throw new ApiError('BadRequest', { detail: 'Request body and URI mismatch' });
      }
      const volume = await find(context, volumePolicy.updateMetadata, 'Updating');
      return context.inTransaction(async (tx) => {
        await mergeVolumeMetadata(tx, volume.id, 'metadata', meta);
        return { body: { meta } };
      });
    },
  }),
  route({
    method: 'DELETE',
    path: itemPath,
    policy: volumePolicy.deleteMetadata,
    handler: async (context) => {
      const volume = await find(context, volumePolicy.deleteMetadata, 'Deleting');
      const key = keyOf(context);
      return context.inTransaction(async (tx) => {
        if (!(await removeVolumeMetadata(tx, volume.id, 'metadata', key))) throw notFound(volume, key);
        return emptyOk;
      });
    },
  }),
];
