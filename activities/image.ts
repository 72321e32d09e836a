// Steps between a volume and Glance, on the host that owns the volume's back-end: fetch an image, write it, upload one.
import { gibToBytes } from '../domain/bytes.ts';
import { mustBeUuid } from '../domain/ids.ts';
import type { ImageAccess, ImageSource, ImageTarget } from '../domain/images.ts';
import { StorageError } from '../domain/storage-errors.ts';
import type { GlanceImages } from '../drivers/glance/images.ts';
import { translateImageError } from '../drivers/image/errors.ts';
import { fetchImage } from '../drivers/image/fetch.ts';
import { inspectImage, type InspectedImage } from '../drivers/image/inspect.ts';
import type { ImageOptions } from '../drivers/image/options.ts';
import { ImagePlace } from '../drivers/image/place.ts';
import { uploadImage } from '../drivers/image/upload.ts';
import { writeImage } from '../drivers/image/write.ts';
import type { StepContext } from '../drivers/step.ts';
import type { LocalPath, SnapshotRef, VolumeDriver, VolumeRef } from '../drivers/volume/driver.ts';
import type { HostClaim } from './host-services.ts';
import { hostStep, type HostStepDeps } from './host-step.ts';
import { withSnapshotPath, withVolumePath } from './local-path.ts';

export interface FetchImageRequest {
  readonly claim: HostClaim;
  readonly volume: VolumeRef;
  readonly image: ImageSource;
}

export interface WriteImageRequest extends FetchImageRequest {
  /** True when the volume was made for this image, so that nothing but it was ever written there. */
  readonly isNew: boolean;
}

export interface UploadVolumeRequest {
  readonly claim: HostClaim;
  readonly volume: VolumeRef;
  /** Frozen bytes of a volume that is in use; null = the volume's own. */
  readonly snapshot: SnapshotRef | null;
  readonly image: ImageTarget;
}

export interface ForgetImageRequest {
  readonly claim: HostClaim;
  readonly volumeId: string;
}

export interface RemoveImageRequest extends ForgetImageRequest {
  readonly imageId: string;
}

export interface ImageActivities {
  /** Fetches and checks the image; the volume is not touched. Throws ImageUnacceptable. */
  fetchImage(request: FetchImageRequest): Promise<void>;
  /** The undo of fetchImage. */
  forgetImage(request: ForgetImageRequest): Promise<void>;
  /** Writes the image onto the volume; fetches it again where it is not there any more. */
  writeImage(request: WriteImageRequest): Promise<void>;
  uploadVolume(request: UploadVolumeRequest): Promise<void>;
  /** The undo of uploadVolume: the image is gone from Glance. */
  removeImage(request: RemoveImageRequest): Promise<void>;
}

export interface ImageDeps extends HostStepDeps {
  readonly driver: VolumeDriver;
  readonly glance: GlanceImages;
  readonly imageOptions: ImageOptions;
}

/** A volume worker's steps on images. */
export function createImageActivities(deps: ImageDeps): ImageActivities {
  const { driver, glance, imageOptions } = deps;
  const place = new ImagePlace(imageOptions.directory);
  const accessFor = async (claim: HostClaim): Promise<ImageAccess> => {
    const access = await deps.services.imageAccess(claim);
    if (access !== null) return access;
    throw new StorageError('Misconfigured', 'the API knows no Glance (option glance_api_servers, or the catalogue)');
  };
  const fetched = async (step: StepContext, request: FetchImageRequest): Promise<FetchedImage> => {
    const { claim, volume, image } = request;
    const access = await accessFor(claim);
    const limitBytes = gibToBytes(volume.sizeGib);
    const path = await fetchImage(step, glance, place, { access, image, volumeId: volume.id, limitBytes });
    return { path, image: await inspectImage(path, image, volume.sizeGib, imageOptions) };
  };
  return {
    fetchImage: ({ claim, volume, image }) =>
      hostStep(deps, claim, mustBeUuid(volume.id), async (step) => {
        await fetched(step, { claim, volume, image });
      }),
    forgetImage: ({ claim, volumeId }) => hostStep(deps, claim, mustBeUuid(volumeId), () => place.forget(volumeId)),
    writeImage: ({ claim, volume, image, isNew }) =>
      hostStep(deps, claim, mustBeUuid(volume.id), async (step) => {
        const { path: imagePath, image: inspected } = await fetched(step, { claim, volume, image });
        const isBlank = isNew && driver.newVolumesReadZero;
        await withVolumePath(driver, volume.id, (path) =>
          writeImage(step, { imagePath, image: inspected, volume: path, isBlank }),
        );
        await place.forget(volume.id);
      }),
    uploadVolume: ({ claim, volume, snapshot, image }) =>
      hostStep(deps, claim, mustBeUuid(volume.id), async (step) => {
        const access = await accessFor(claim);
        const upload = (source: LocalPath): Promise<void> => {
          const bytes = { volumeId: volume.id, source, sizeBytes: gibToBytes(volume.sizeGib) };
          return uploadImage(step, glance, place, imageOptions, { access, image, ...bytes });
        };
        await (snapshot ? withSnapshotPath(driver, snapshot, upload) : withVolumePath(driver, volume.id, upload));
      }),
    removeImage: ({ claim, volumeId, imageId }) =>
      hostStep(deps, claim, mustBeUuid(volumeId), async () => {
        await place.forget(volumeId);
        const access = await accessFor(claim);
        await glance.remove(access, imageId).catch((error: unknown) => {
          throw translateImageError(error, imageId, place.directory);
        });
      }),
  };
}

interface FetchedImage {
  readonly path: string;
  readonly image: InspectedImage;
}
