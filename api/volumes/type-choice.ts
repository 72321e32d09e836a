// The type of a new volume: the one asked for, its source's, or the configured default.
import { findDefaultType } from '../../prisma/store/types/default-types.ts';
import { countVolumeServices } from '../../prisma/store/services/zones.ts';
import {
  defaultTypeName,
  findType,
  findTypeByName,
  findTypeByNameOrId,
  type VolumeType,
} from '../../prisma/store/types/types.ts';
import { isUuid } from '../../domain/ids.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import type { VolumeSources } from './create-source.ts';

/** A source's type is inherited even where the caller could not choose it. */
const everyType = { projectId: '', isAdmin: true };

/** The type by the name or id that a client wrote. Throws VolumeTypeNotFound, VolumeTypeNotFoundByName. */
export async function mustFindNamedType(context: RequestContext, name: string): Promise<VolumeType> {
  const type = await findTypeByNameOrId(context.db, context, name);
  if (type) return type;
  if (isUuid(name)) throw new ApiError('VolumeTypeNotFound', { volume_type_id: name });
  throw new ApiError('VolumeTypeNotFoundByName', { volume_type_name: name });
}

/** Without a name: the source's type, else the project's or the configured default. Throws InvalidInput for one that the source forbids. */
export async function chooseType(
  context: RequestContext,
  sources: VolumeSources,
  named: VolumeType | null,
): Promise<VolumeType> {
  const sourceTypeId = sources.volume?.volumeTypeId ?? sources.snapshot?.volumeTypeId ?? null;
  const sourceType = sourceTypeId === null ? null : await findType(context.db, everyType, sourceTypeId);
  const imageType = sources.image?.properties['cinder_img_volume_type'];
  if (!named && !sourceType && imageType) return typeOfImage(context, imageType);
  if (!named) return sourceType ?? defaultType(context);
  const differs = sourceType !== null && sourceType.id !== named.id;
  if (differs && !(await canRetype(context, sourceType, named))) {
    const advice = sources.volume
      ? 'requested type is not compatible; either match source volume, or omit type argument'
      : 'requested type is not compatible; recommend omitting the type argument';
    throw new ApiError('InvalidInput', { reason: `Invalid volume_type provided: ${named.id} (${advice}).` });
  }
  return named;
}

/** What an image's property names. Throws VolumeTypeNotFoundByName. */
async function typeOfImage(context: RequestContext, name: string): Promise<VolumeType> {
  return (await findTypeByNameOrId(context.db, everyType, name)) ?? mustFindNamedType(context, name);
}

/** The project's own default type, or the configured one. Throws ServerError when there is none of that name. */
export async function defaultType(context: RequestContext): Promise<VolumeType> {
  const own = await findDefaultType(context.db, context.projectId);
  const ownType = own && (await findType(context.db, everyType, own.volumeTypeId));
  if (ownType) return ownType;
  const name = context.config.defaultVolumeType || defaultTypeName;
  const type = await findTypeByName(context.db, everyType, name);
  if (type) return type;
  throw new ApiError('ServerError', {
    detail: `The request cannot be fulfilled as the default volume type ${name} cannot be found.`,
  });
}

/** A copy stays on its source's back-end, so both types have to lead there. */
async function canRetype({ db }: RequestContext, source: VolumeType, target: VolumeType): Promise<boolean> {
  if ((await countVolumeServices(db)) === 1) return true;
  const backendOf = ({ extraSpecs }: VolumeType): unknown =>
    (extraSpecs as Record<string, unknown>)['volume_backend_name'];
  return backendOf(source) !== undefined && backendOf(source) === backendOf(target);
}

/** True for types whose volumes may be attached to several servers at once. */
export function isMultiattach({ extraSpecs }: VolumeType): boolean {
  return (extraSpecs as Record<string, unknown>)['multiattach'] === '<is> True';
}
