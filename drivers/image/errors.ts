// What goes wrong with images, as errors of steps: Cinder's words, and who has to act.
import { ImageServiceError } from '../../domain/images.ts';
import { StorageError } from '../../domain/storage-errors.ts';
import { translateFsError } from '../data/fs-errors.ts';

export const unacceptable = (imageId: string, reason: string): StorageError =>
  new StorageError('ImageUnacceptable', `Image ${imageId} is unacceptable: ${reason}`);

export const notFound = (imageId: string): StorageError =>
  new StorageError('ImageUnacceptable', `Image ${imageId} could not be found.`);

/** A connection that breaks while data comes: undici's own codes, and the system's. */
const isCutOff = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && /^(UND_ERR_|ECONNRESET$|EPIPE$)/.test(String(error.code));

const conflict = 409;
const tooManyRequests = 429;
const unauthorized = 401;

/** A refusal of Glance's is the user's, its absence passes, and a token that it does not take is the operator's. */
export function translateImageError(error: unknown, imageId: string, directory: string): unknown {
  if (isCutOff(error)) {
    const { message } = error;
    return new StorageError('Unreachable', `image ${imageId}: Glance stopped sending: ${message}`, { cause: error });
  }
  if (!(error instanceof ImageServiceError)) {
    return translateFsError(error, { option: 'image_conversion_dir', path: directory });
  }
  const { status, message } = error;
  const failure = (code: 'Unreachable' | 'Busy' | 'PermissionDenied' | 'ImageUnacceptable'): StorageError =>
    new StorageError(code, `image ${imageId}: ${message}`, { cause: error });
  if (status === null || status >= 500 || status === tooManyRequests) return failure('Unreachable');
  if (status === conflict) return failure('Busy');
  if (status === unauthorized) return failure('PermissionDenied');
  return status === 404 ? notFound(imageId) : failure('ImageUnacceptable');
}
