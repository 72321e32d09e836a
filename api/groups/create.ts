// Creating a group: of a group type and the volume types that its members may have.
import { isUuid } from '../../domain/ids.ts';
import { findGroupType, findGroupTypeByName } from '../../prisma/store/groups/group-types.ts';
import { insertGroup, type NewGroup } from '../../prisma/store/groups/groups.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { mustFindNamedType } from '../volumes/type-choice.ts';
import { zoneOf } from '../volumes/zone.ts';
import type { CreateGroupWish } from './schema.ts';
import { groupSummaryView } from './view.ts';
import { submitOperation } from '../operations/submit.ts';

const noSources = {
  snapshot: null,
  snapshotVolume: null,
  volume: null,
  backup: null,
  image: null,
  group: null,
} as const;

/** Accepts the group and answers its id and name. */
export async function createGroup(context: RequestContext, wish: CreateGroupWish): Promise<Answer> {
  const groupTypeId = await groupTypeOf(context, wish.group_type);
  const volumeTypeIds: string[] = [];
  for (const name of wish.volume_types) volumeTypeIds.push((await mustFindNamedType(context, name)).id);
  const availabilityZone = await zoneOf(context, noSources, wish.availability_zone).catch((error: unknown) => {
    if (!(error instanceof ApiError) || error.name !== 'InvalidAvailabilityZone') throw error;
    const reason = `Availability zone '${wish.availability_zone}' is invalid.`;
    throw new ApiError('InvalidInput', { reason });
  });
  const group: NewGroup = {
    id: context.newId('group'),
    operationId: context.operationId,
    name: wish.name?.trim() ?? null,
    description: wish.description?.trim() ?? null,
    projectId: context.projectId,
    userId: context.userId,
    groupTypeId,
    volumeTypeIds: [...new Set(volumeTypeIds)],
    availabilityZone,
    host: null,
    groupSnapshotId: null,
    sourceGroupId: null,
  };
  await submitOperation(context, {
    kind: 'groupCreate',
    resourceId: group.id,
    input: { groupId: group.id },
    claims: [{ resource: 'group', id: group.id }],
    quota: [{ resource: 'groups', delta: 1 }],
    within: (tx) => insertGroup(tx, group),
  });
  return { status: 202, body: { group: groupSummaryView(group) } };
}

async function groupTypeOf(context: RequestContext, name: string): Promise<string> {
  const byId = isUuid(name) ? await findGroupType(context.db, context, name) : null;
  const type = byId ?? (await findGroupTypeByName(context.db, name));
  if (type) return type.id;
  if (isUuid(name)) throw new ApiError('GroupTypeNotFound', { group_type_id: name });
  throw new ApiError('NotFound', { detail: `Group type with name ${name} could not be found.` });
}
