// Finding the image that a request names, as the caller sees it.
// https://github.com/openstack/cinder/blob/29.0.0/cinder/api/v3/volumes.py#L282
import { imageProblem, ImageServiceError, type Image, type ImageAccess } from '../../domain/images.ts';
import { isUuid } from '../../domain/ids.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import type { ImageService } from './service.ts';

const unknown = (): ApiError =>
  new ApiError('BadRequest', { detail: 'Invalid image identifier or unable to access requested image.' });

interface Glance {
  readonly service: ImageService;
  readonly access: ImageAccess;
}

/** Glance as the caller; null where none is configured. Throws ImageServiceError. */
export async function glanceAs(context: RequestContext): Promise<Glance | null> {
  const service = context.images;
  const token = context.header('x-auth-token') ?? context.header('x-storage-token') ?? null;
  const access = await service?.access(token);
  return service && access ? { service, access } : null;
}

/** Glance as the caller. Throws ServerError when it cannot be reached, BadRequest where none is configured. */
export async function mustHaveGlance(context: RequestContext): Promise<Glance> {
  const glance = await glanceAs(context);
  if (glance) return glance;
  const detail = 'No image service is configured: volumes cannot be uploaded to images or made from them here.';
  throw new ApiError('BadRequest', { detail });
}

/** The image by its id, a link that ends in one, or its name. Throws BadRequest, Conflict for a name of several. */
export async function mustFindImage(context: RequestContext, reference: string): Promise<Image> {
  const found = await findImage(context, reference).catch((error: unknown) => {
    if (!(error instanceof ImageServiceError)) throw error;
    context.log.warn({ problem: error.message, status: error.status }, 'the image service did not answer');
    return null;
  });
  if (found) return found;
  throw unknown();
}

async function findImage(context: RequestContext, reference: string): Promise<Image | null> {
  const glance = await glanceAs(context);
  if (!glance) return null;
  const { service, access } = glance;
  const id = reference.split('/').at(-1) ?? '';
  const byId = isUuid(id) ? await service.show(access, id) : null;
  if (byId) return byId;
  const [first, second] = await service.listByName(access, reference);
  if (!second) return first ?? null;
  const detail = `Multiple matches found for '${reference}', use an ID to be more specific.`;
  throw new ApiError('Conflict', { detail });
}

/** Throws InvalidInput or ImageUnacceptable unless a volume of this size can be made from it. */
export function mustSuitVolume(image: Image, sizeGib: number): void {
  const problem = imageProblem(image, sizeGib);
  if (problem === null) return;
  if (problem.fault === 'InvalidInput') throw new ApiError('InvalidInput', { reason: problem.reason });
  throw new ApiError('ImageUnacceptable', { image_id: image.id, reason: problem.reason });
}
