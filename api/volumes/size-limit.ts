// per_volume_gigabytes: how large one volume may be, whatever else the project uses.
import { limitOf } from '../../prisma/store/capacity/limits.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';

/** Throws VolumeSizeExceedsLimit. */
export async function checkVolumeSize(
  { db, projectId, config }: Pick<RequestContext, 'db' | 'projectId' | 'config'>,
  sizeGib: number,
): Promise<void> {
  const limit = await limitOf(db, projectId, 'per_volume_gigabytes', config.quotaDefaults);
  if (limit >= 0 && sizeGib > limit) throw new ApiError('VolumeSizeExceedsLimit', { size: sizeGib, limit });
}
