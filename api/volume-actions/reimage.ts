// os-reimage (3.68): an image in the place of what a volume holds.
// https://github.com/openstack/cinder/blob/29.0.0/cinder/volume/api.py#L2696
import { StatusConflictError } from '../../prisma/store/operations/accept-types.ts';
import { attachmentsOf } from '../../prisma/store/attachments/attachments.ts';
import { lockWithSize } from '../../prisma/store/volumes/size.ts';
import type { VolumeRow } from '../../prisma/store/volumes/volumes.ts';
import { ImageServiceError, type Image } from '../../domain/images.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { mustHaveGlance, mustSuitVolume } from '../images/find.ts';
import { bootSnapshotOf } from '../images/nova-image.ts';
import { imageInputOf, tokenKeeper } from '../images/source.ts';
import { volumeActionPolicy } from './policy.ts';

interface ReimageWish {
  readonly image_id: string;
  readonly reimage_reserved?: boolean | undefined;
}

/** Accepts it. Throws Conflict, InvalidVolume, InvalidInput, ImageNotFound, ImageUnacceptable. */
export async function reimageVolume(context: RequestContext, volume: VolumeRow, wish: ReimageWish): Promise<void> {
  const { reserved, plain } = { reserved: volumeActionPolicy.reimageReserved, plain: volumeActionPolicy.reimage };
  context.authorize(volume.status === 'reserved' ? reserved : plain, volume);
  if ((await attachmentsOf(context.db, volume.id)).length > 1) {
    const detail = 'Cannot re-image a volume which is attached to more than one server.';
    throw new ApiError('Conflict', { detail });
  }
  const statuses = wish.reimage_reserved ? ['available', 'error', 'reserved'] : ['available', 'error'];
  mustBeIn(statuses, volume.id, volume.status);
  const image = await mustFindById(context, wish.image_id);
  mustSuitVolume(image, volume.sizeGib);
  await submitReimage(context, volume, image, statuses);
}

async function mustFindById(context: RequestContext, id: string): Promise<Image> {
  const image = await showImage(context, id).catch((error: unknown) => {
    // Cinder's GlanceConnectionFailed, of which it tells nothing.
    if (error instanceof ImageServiceError)
      throw new ApiError('ServerError', { detail: 'Connection to glance failed' });
    throw error;
  });
  if (!image) throw new ApiError('ImageNotFound', { image_id: id });
  if (bootSnapshotOf(image)) {
    const reason = 'it holds no bytes and names a snapshot; make a volume from that';
    throw new ApiError('ImageUnacceptable', { image_id: id, reason });
  }
  return image;
}

async function showImage(context: RequestContext, id: string): Promise<Image | null> {
  const { service, access } = await mustHaveGlance(context);
  return service.show(access, id);
}

async function submitReimage(
  context: RequestContext,
  volume: VolumeRow,
  image: Image,
  statuses: readonly string[],
): Promise<void> {
  const { id, sizeGib } = volume;
  const keepToken = await tokenKeeper(context);
  try {
    await context.operations.submit({
      kind: 'volumeReimage',
      operationId: context.operationId,
      resourceId: id,
      projectId: volume.projectId,
      userId: context.userId,
      requestId: context.requestId,
      input: { volumeId: id, ...imageInputOf(image) },
      claims: [{ resource: 'volume', id }],
      reads: [],
      quota: [],
      within: async (tx) => {
        const state = await lockWithSize(tx, id);
        // The image has been found to fit into a volume of that size; volumes only grow.
        if (state && state.sizeGib >= sizeGib) mustBeIn(statuses, id, state.status);
        await keepToken(tx);
      },
    });
  } catch (error) {
    if (error instanceof StatusConflictError && error.status !== null) mustBeIn([], id, error.status, statuses);
    throw error;
  }
}

/** Throws InvalidVolume unless the status is one of these; `named` are those that the message names. */
function mustBeIn(statuses: readonly string[], id: string, status: string, named = statuses): void {
  if (statuses.includes(status)) return;
  const reason = `Volume ${id} status must be ${named.join(' or ')}, but current status is ${status}.`;
  throw new ApiError('InvalidVolume', { reason });
}
