// Creating a volume: what the request means, and the operation that makes it so.
import type { Image } from '../../domain/images.ts';
import { volumeQuota } from '../../domain/quota.ts';
import type { AcceptRequest, ResourceUse } from '../../prisma/store/operations/accept-types.ts';
import { ancestorIds } from '../../prisma/store/backups/backups.ts';
import { insertVolume, rowOfNew, TypeGoneError, type NewVolume } from '../../prisma/store/volumes/new-volume.ts';
import { findEncryption } from '../../prisma/store/types/encryption.ts';
import type { Metadata } from '../../prisma/store/volumes/volumes.ts';
import type { VolumeType } from '../../prisma/store/types/types.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { mustSuitVolume } from '../images/find.ts';
import { imageInputOf, tokenKeeper } from '../images/source.ts';
import { findSources, sizeOf, type VolumeSources } from './create-source.ts';
import { volumePolicy } from './policy.ts';
import type { CreateVolumeBody } from './schema.ts';
import { checkVolumeSize } from './size-limit.ts';
import { chooseType, isMultiattach, mustFindNamedType } from './type-choice.ts';
import { volumeDetailView } from './view.ts';
import { zoneOf } from './zone.ts';
import { submitOperation } from '../operations/submit.ts';

const multiattachRemoved =
  'multiattach parameter has been removed. The default behavior is to use multiattach enabled volume types. ' +
  'Contact your administrator to create a multiattach enabled volume type and use it to create multiattach volumes.';

/** Accepts the volume and answers it in `creating`. */
export async function createVolume(context: RequestContext, body: CreateVolumeBody): Promise<Answer> {
  const wish = body.volume;
  const named = wish.volume_type ? await mustFindNamedType(context, wish.volume_type) : null;
  const sources = await findSources(context, body);
  if (wish.multiattach) throw new ApiError('BadRequest', { detail: multiattachRemoved });
  const sizeGib = sizeOf(sources, wish.size);
  mustSuitGroup(sources, named);
  if (sources.image) mustSuitVolume(sources.image, sizeGib);
  const type = await chooseType(context, sources, named);
  if (isMultiattach(type)) context.authorize(volumePolicy.multiattach);
  await mustNotBeEncrypted(context, type);
  const availabilityZone = await zoneOf(context, sources, wish.availability_zone);
  await checkVolumeSize(context, sizeGib);
  const volume: NewVolume = {
    id: context.newId('volume'),
    operationId: context.operationId,
    name: wish.name ?? wish.display_name ?? null,
    description: wish.description ?? wish.display_description ?? null,
    projectId: context.projectId,
    userId: context.userId,
    sizeGib,
    availabilityZone,
    volumeTypeId: type.id,
    snapshotId: sources.snapshot?.id ?? null,
    sourceVolumeId: sources.volume?.id ?? null,
    bootable: sources.volume?.bootable ?? sources.snapshotVolume?.bootable ?? false,
    imageMetadata: inheritedImageMetadata(sources),
    multiattach: isMultiattach(type),
    metadata: wish.metadata ?? {},
    schedulerHints: body['OS-SCH-HNT:scheduler_hints'] ?? null,
    groupId: sources.group?.id ?? null,
    createdAt: new Date(),
  };
  await submitNewVolume(context, volume, type, sources);
  return { status: 202, body: { volume: volumeDetailView(context, 'created')(rowOfNew(volume, type.name), []) } };
}

/** A copy of a volume that boots remembers the image that it came from, too. */
function inheritedImageMetadata({ volume, snapshotVolume }: VolumeSources): Metadata | null {
  const origin = volume ?? snapshotVolume;
  const json = origin?.bootable ? origin.imageMetadataJson : null;
  return json === null ? null : (JSON.parse(json) as Metadata);
}

/** An encrypted volume needs a key, and there is no key manager to make one: Cinder's own words for that. */
async function mustNotBeEncrypted({ db }: RequestContext, type: VolumeType): Promise<void> {
  if (await findEncryption(db, type.id)) throw new ApiError('BadRequest', { detail: 'Key manager error' });
}

/** Throws InvalidInput unless the type is named and one of the group's. */
function mustSuitGroup({ group }: VolumeSources, type: VolumeType | null): void {
  if (group === null) return;
  if (!type) {
    throw new ApiError('InvalidInput', { reason: 'volume_type must be provided when creating a volume in a group.' });
  }
  if (group.volumeTypeIds.includes(type.id)) return;
  const reason = `Invalid volume_type provided: ${type.id} (requested type must be supported by this group).`;
  throw new ApiError('InvalidInput', { reason });
}

/** Has the volume made from its source; from a backup by a restore. Throws StatusConflictError, QuotaExceededError. */
export async function submitNewVolume(
  context: RequestContext,
  volume: NewVolume,
  type: VolumeType,
  sources: CopiedSources,
): Promise<void> {
  const request = sources.backup
    ? restoreRequest(volume, sources.backup.id, await ancestorIds(context.db, sources.backup.id))
    : createRequest(volume, sources);
  const keepToken = sources.image ? await tokenKeeper(context) : null;
  try {
    await submitOperation(context, {
      quota: volumeQuota(1, volume.sizeGib, type.name),
      within: async (tx) => {
        await insertVolume(tx, volume);
        await keepToken?.(tx);
      },
      ...request,
    });
  } catch (error) {
    if (!(error instanceof TypeGoneError)) throw error;
    throw new ApiError('VolumeTypeNotFound', { volume_type_id: type.id });
  }
}

type CopiedSources = Pick<VolumeSources, 'snapshot' | 'volume' | 'backup'> & { readonly image?: Image | null };

type Particular = Pick<AcceptRequest, 'kind' | 'resourceId' | 'input' | 'claims' | 'reads'>;

function createRequest(volume: NewVolume, { snapshot, volume: original, image }: CopiedSources): Particular {
  const { id, sizeGib, volumeTypeId, availabilityZone, schedulerHints } = volume;
  const reads: ResourceUse[] = [
    ...(snapshot ? [{ resource: 'snapshot', id: snapshot.id } as const] : []),
    ...(original ? [{ resource: 'volume', id: original.id } as const] : []),
  ];
  const source = snapshot
    ? { kind: 'snapshot', snapshotId: snapshot.id }
    : original
      ? { kind: 'volume', volumeId: original.id }
      : { kind: image ? 'image' : 'blank' };
  const ofImage = image ? imageInputOf(image) : null;
  const hints = schedulerHints as AcceptRequest['input'] | null;
  return {
    kind: 'volumeCreate',
    resourceId: id,
    input: {
      ...{ volumeId: id, sizeGib, volumeTypeId, availabilityZone, schedulerHints: hints },
      source: ofImage ? { ...source, image: ofImage.image } : source,
      ...(ofImage ? { imageId: ofImage.imageId, imageMetadata: ofImage.imageMetadata } : {}),
    },
    claims: [{ resource: 'volume', id }],
    reads,
  };
}

function restoreRequest(volume: NewVolume, backupId: string, ancestors: readonly string[]): Particular {
  return {
    kind: 'backupRestore',
    resourceId: backupId,
    input: { backupId, volumeId: volume.id, newVolume: true },
    claims: [
      { resource: 'backup', id: backupId },
      { resource: 'volume', id: volume.id },
    ],
    reads: ancestors.map((id) => ({ resource: 'backup', id })),
  };
}
