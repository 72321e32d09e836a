// /snapshots/:snapshot_id/metadata.
import { ApiError } from '../http/errors.ts';
import { metadataRoutes } from '../lists/metadata-routes.ts';
import { mustFindSnapshot } from './lookup.ts';
import { snapshotPolicy } from './policy.ts';

export const snapshotMetadataRoutes = metadataRoutes({
  path: '/snapshots/:snapshot_id/metadata',
  entries: 'snapshotMetadata',
  policies: {
    get: snapshotPolicy.getMetadata,
    create: snapshotPolicy.updateMetadata,
    update: snapshotPolicy.updateMetadata,
    delete: snapshotPolicy.deleteMetadata,
  },
  find: (context, policy) => mustFindSnapshot(context, context.params['snapshot_id'] ?? '', policy),
  notFound: ({ id }, key) => new ApiError('SnapshotMetadataNotFound', { snapshot_id: id, metadata_key: key }),
});
