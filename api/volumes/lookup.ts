// Finds the volume that a request names, among those that its caller may see.
import { findVolume, type VolumeRow } from '../../prisma/store/volumes/volumes.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { visibleTo } from '../lists/list.ts';
import { volumePolicy } from './policy.ts';

/** Throws VolumeNotFound; another project's volume, or one that the caller may not see, is not found either. */
export async function mustFindVolume(
  context: Pick<RequestContext, 'db' | 'isAdmin' | 'projectId' | 'can'>,
  id: string,
): Promise<VolumeRow> {
  const volume = await findVolume(context.db, id, visibleTo(context));
  if (!volume || !context.can(volumePolicy.get, volume)) throw new ApiError('VolumeNotFound', { volume_id: id });
  return volume;
}
