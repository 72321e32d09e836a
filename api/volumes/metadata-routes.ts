// /volumes/:volume_id/metadata: a volume's own metadata.
import { ApiError } from '../http/errors.ts';
import { metadataRoutes } from '../lists/metadata-routes.ts';
import { mustFindVolume } from './lookup.ts';
import { volumePolicy } from './policy.ts';

/** Statuses in which Cinder leaves a volume's metadata alone. */
const frozenStatuses: readonly string[] = ['maintenance', 'uploading'];

export const volumeMetadataRoutes = metadataRoutes({
  path: '/volumes/:volume_id/metadata',
  entries: 'volumeMetadata',
  etags: true,
  policies: {
    get: volumePolicy.getMetadata,
    create: volumePolicy.createMetadata,
    update: volumePolicy.updateMetadata,
    delete: volumePolicy.deleteMetadata,
  },
  async find(context, policy, change) {
    const volume = await mustFindVolume(context, context.params['volume_id'] ?? '');
    context.authorize(policy, volume);
    if (change && frozenStatuses.includes(volume.status)) {
      const reason = `${change} volume metadata is not allowed for volumes in ${volume.status} status.`;
      throw new ApiError('InvalidVolume', { reason });
    }
    return volume;
  },
  notFound: ({ id }, key) => new ApiError('VolumeMetadataNotFound', { volume_id: id, metadata_key: key }),
});
