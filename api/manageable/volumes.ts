// Managing a volume that is on a back-end already: POST /os-volume-manage and /manageable_volumes (3.8), and the lists.
import { isUuid } from '../../domain/ids.ts';
import { volumeQuota } from '../../domain/quota.ts';
import { isLiveVolume } from '../../prisma/store/database/known-objects.ts';
import { insertVolume, rowOfNew, TypeGoneError, type NewVolume } from '../../prisma/store/volumes/new-volume.ts';
import type { VolumeType } from '../../prisma/store/types/types.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import type { Microversion } from '../http/microversion.ts';
import { route, type Route } from '../http/route.ts';
import { volumePolicy } from '../volumes/policy.ts';
import { defaultType, isMultiattach, mustFindNamedType } from '../volumes/type-choice.ts';
import { volumeDetailView } from '../volumes/view.ts';
import { mustFindVolumeService, namedHost } from './host.ts';
import { listManageable } from './list.ts';
import { manageVolumeSchemas, sourceNameOf, type ManageVolumeWish } from './schema.ts';
import { submitOperation } from '../operations/submit.ts';
import { microversions } from '../http/microversion-table.ts';

/** Accepts it and answers the volume, whose size is not known yet. */
async function manage(context: RequestContext, wish: ManageVolumeWish): Promise<Answer> {
  const host = namedHost(context, wish, microversions.migrateToCluster);
  const type = wish.volume_type ? await namedType(context, wish.volume_type) : await defaultType(context);
  const name = sourceNameOf(wish.ref);
  await mustNotBeManaged(context, name);
  const service = await mustFindVolumeService(context, host);
  const volume: NewVolume = {
    id: context.newId('volume'),
    operationId: context.operationId,
    name: wish.name?.trim() || null,
    description: wish.description?.trim() || null,
    projectId: context.projectId,
    userId: context.userId,
    sizeGib: 0,
    availabilityZone: wish.availability_zone ?? service.availabilityZone,
    volumeTypeId: type.id,
    snapshotId: null,
    sourceVolumeId: null,
    bootable: wish.bootable ?? false,
    multiattach: isMultiattach(type),
    metadata: wish.metadata ?? {},
    schedulerHints: null,
    createdAt: new Date(),
  };
  await submit(context, volume, type, { host, name });
  // The answer has always had its oldest form, whatever the microversion.
  const view = volumeDetailView({ ...context, atLeast: () => false }, 'created');
  return { status: 202, body: { volume: view(rowOfNew(volume, type.name), []) } };
}

async function submit(
  context: RequestContext,
  volume: NewVolume,
  type: VolumeType,
  found: { readonly host: string; readonly name: string },
): Promise<void> {
  try {
    await submitOperation(context, {
      kind: 'volumeManage',
      resourceId: volume.id,
      input: { volumeId: volume.id, ...found },
      claims: [{ resource: 'volume', id: volume.id }],
      // Its gigabytes are used as soon as they are known.
      quota: volumeQuota(1, 0, type.name),
      within: (tx) => insertVolume(tx, volume, 'managing'),
    });
  } catch (error) {
    if (!(error instanceof TypeGoneError)) throw error;
    throw new ApiError('VolumeTypeNotFound', { volume_type_id: type.id });
  }
}

async function namedType(context: RequestContext, name: string): Promise<VolumeType> {
  try {
    return await mustFindNamedType(context, name);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    throw new ApiError('InvalidVolumeType', { reason: `Cannot find requested '${name}' volume type` });
  }
}

async function mustNotBeManaged(context: RequestContext, name: string): Promise<void> {
  const id = /^volume-(.+)$/.exec(name)?.[1] ?? '';
  if (!isUuid(id) || !(await isLiveVolume(context.db, id))) return;
  throw new ApiError('BadRequest', {
    detail: 'Unable to manage existing volume. The volume is already managed',
  });
}

const since = microversions.manageable;

function manageRoutes(path: string, from: Microversion | null): readonly Route[] {
  const { manage: policy, listManageable: listPolicy } = volumePolicy;
  const first = from === null ? {} : { since: from };
  return [
    route({
      ...{ method: 'POST', path, policy, before: microversions.migrateToCluster, ...first },
      schema: manageVolumeSchemas['3.0'],
      handler: (context, body) => manage(context, body.volume),
    }),
    route({
      ...{ method: 'POST', path, policy, since: microversions.migrateToCluster },
      schema: manageVolumeSchemas[microversions.migrateToCluster],
      handler: (context, body) => manage(context, body.volume),
    }),
    route({
      ...{ method: 'GET', path, policy: listPolicy, ...first },
      handler: (context) => listManageable(context, 'volumes', false),
    }),
    route({
      ...{ method: 'GET', path: `${path}/detail`, policy: listPolicy, ...first },
      handler: (context) => listManageable(context, 'volumes', true),
    }),
  ];
}

export const manageableVolumeRoutes: readonly Route[] = [
  ...manageRoutes('/os-volume-manage', null),
  ...manageRoutes('/manageable_volumes', since),
];
