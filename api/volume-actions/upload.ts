// os-volume_upload_image: an image is made in Glance as the caller, and then filled by a workflow.
// https://github.com/openstack/cinder/blob/29.0.0/cinder/volume/api.py#L1480
import { inheritedProperties, ImageServiceError, type Image, type NewImage } from '../../domain/images.ts';
import { StatusConflictError } from '../../prisma/store/operations/accept-types.ts';
import { findType } from '../../prisma/store/types/types.ts';
import { lockWithSize } from '../../prisma/store/volumes/size.ts';
import type { VolumeRow } from '../../prisma/store/volumes/volumes.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { wireTime } from '../http/time.ts';
import { mustHaveGlance } from '../images/find.ts';
import { tokenKeeper } from '../images/source.ts';
import { specsView } from '../types/view.ts';
import { volumeActionPolicy } from './policy.ts';
import { microversions } from '../http/microversion-table.ts';

export interface UploadWish {
  readonly image_name: string;
  readonly force?: boolean | undefined;
  readonly disk_format?: string | undefined;
  readonly container_format?: string | null | undefined;
  readonly visibility?: string | undefined;
  readonly protected?: boolean | undefined;
}

/** Accepts the upload; answers the image. Throws InvalidVolume, and BadRequest with Glance's own words. */
export async function uploadVolume(context: RequestContext, volume: VolumeRow, wish: UploadWish): Promise<Answer> {
  if (wish.visibility === 'public') context.authorize(volumeActionPolicy.uploadPublic);
  const statuses = wish.force && context.config.imageRules.forceUpload ? ['available', 'in-use'] : ['available'];
  mustBeIn(statuses, volume.id, volume.status);
  if (wish.container_format === 'compressed') {
    const detail = 'Image compression upload disallowed, but container_format is compressed';
    throw new ApiError('BadRequest', { detail });
  }
  const { service, access } = await mustHaveGlance(context).catch(asBadRequest);
  const wanted = newImage(context, volume, wish);
  const image = await service
    .create(access, wanted)
    // The same request under its Idempotency-Key finds the image that it has made before.
    .catch(
      async (error: unknown) => (await ownImage(error, () => service.show(access, wanted.id))) ?? asBadRequest(error),
    );
  try {
    await submitUpload(context, volume, wanted, statuses);
  } catch (error) {
    await service
      .remove(access, image.id)
      .catch((problem: unknown) =>
        context.log.warn({ imageId: image.id, err: problem }, 'an image without data was left in Glance'),
      );
    throw error;
  }
  return { status: 202, body: { 'os-volume_upload_image': await uploadView(context, volume, image) } };
}

function newImage(context: RequestContext, { imageMetadataJson }: VolumeRow, wish: UploadWish): NewImage {
  const { coreProperties, reservedNamespaces: reserved } = context.config.imageRules;
  const metadata = JSON.parse(imageMetadataJson ?? '{}') as Record<string, string>;
  const hasRights = context.atLeast(microversions.uploadVisibility);
  return {
    id: context.newId('image'),
    name: wish.image_name,
    diskFormat: wish.disk_format ?? 'raw',
    containerFormat: wish.container_format === undefined ? 'bare' : wish.container_format,
    visibility: hasRights ? (wish.visibility ?? 'private') : null,
    isProtected: hasRights ? (wish.protected ?? false) : null,
    properties: inheritedProperties(metadata, { coreProperties, reserved }),
  };
}

async function submitUpload(
  context: RequestContext,
  { id, projectId }: VolumeRow,
  image: NewImage,
  statuses: readonly string[],
): Promise<void> {
  const keepToken = await tokenKeeper(context);
  try {
    await context.operations.submit({
      kind: 'volumeUpload',
      operationId: context.operationId,
      resourceId: id,
      projectId,
      userId: context.userId,
      requestId: context.requestId,
      input: { volumeId: id, imageId: image.id, diskFormat: image.diskFormat },
      claims: [{ resource: 'volume', id }],
      reads: [],
      quota: [],
      within: async (tx) => {
        const state = await lockWithSize(tx, id);
        if (state) mustBeIn(statuses, id, state.status);
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
  throw new ApiError('InvalidVolume', { reason: `Volume ${id} status must be ${named.join(' or ')}` });
}

const conflict = 409;
/** A volume's own type is shown to whoever sees the volume. */
const everyType = { projectId: '', isAdmin: true };

async function ownImage(error: unknown, show: () => Promise<Image | null>): Promise<Image | null> {
  return error instanceof ImageServiceError && error.status === conflict ? show() : null;
}

/** What Glance refuses is told to the client, as Cinder does. */
function asBadRequest(error: unknown): never {
  if (error instanceof ImageServiceError) throw new ApiError('BadRequest', { detail: error.message });
  throw error;
}

async function uploadView(context: RequestContext, volume: VolumeRow, image: Image): Promise<object> {
  const type = volume.volumeTypeId === null ? null : await findType(context.db, everyType, volume.volumeTypeId);
  return {
    id: volume.id,
    updated_at: volume.updatedAt,
    status: 'uploading',
    display_description: volume.description,
    size: volume.sizeGib,
    volume_type: type && {
      id: type.id,
      name: type.name,
      description: type.description,
      is_public: type.isPublic,
      projects: [],
      extra_specs: specsView(type, context),
      qos_specs_id: type.qosSpecsId,
      created_at: wireTime(type.createdAt),
      updated_at: wireTime(type.updatedAt),
      deleted_at: null,
      deleted: false,
    },
    image_id: image.id,
    container_format: image.containerFormat,
    disk_format: image.diskFormat,
    image_name: image.name,
    protected: image.isProtected,
    visibility: image.visibility,
  };
}
