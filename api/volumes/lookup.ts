// Finds the volume that a request names, among those that its caller may see.
import { findVolume, type VolumeRow } from '../../prisma/store/volumes.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { visibleTo } from '../lists/list.ts';

/** Throws VolumeNotFound; another project's volume is not found either. */
export async function mustFindVolume(
  context: Pick<RequestContext, 'db' | 'isAdmin' | 'projectId'>,
  id: string,
): Promise<VolumeRow> {
  const volume = await findVolume(context.db, id, visibleTo(context));
  if (!volume) throw new ApiError('VolumeNotFound', { volume_id: id });
  return volume;
}
