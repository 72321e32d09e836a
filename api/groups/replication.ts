// Replication of groups (3.38): refused in Cinder's order and words, because no volume type here replicates.
import { findGroupType } from '../../prisma/store/groups/group-types.ts';
import type { GroupRow } from '../../prisma/store/groups/groups.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';

const specs = ['group_replication_enabled', 'consistent_group_replication_enabled'] as const;

/** Throws InvalidGroupType for a group of another kind, InvalidVolumeType for one whose types do not replicate. */
export async function refuseReplication(context: RequestContext, group: GroupRow): Promise<never> {
  const type = await findGroupType(context.db, { isAdmin: true }, group.groupTypeId);
  const groupSpecs = (type?.groupSpecs ?? {}) as Readonly<Record<string, unknown>>;
  if (!specs.some((name) => groupSpecs[name] === '<is> True')) {
    throw new ApiError('InvalidGroupType', { reason: `Group ${group.id} is not a replication group type.` });
  }
  const [volumeTypeId = ''] = group.volumeTypeIds;
  const reason = `Volume type ${volumeTypeId} does not have 'replication_enabled' spec key set to '<is> True'.`;
  throw new ApiError('InvalidVolumeType', { reason });
}
