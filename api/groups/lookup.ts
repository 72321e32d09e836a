// Finds the group that a request names, among those that its caller may see.
import { findGroup, type GroupRow } from '../../prisma/store/groups/groups.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import type { Policy } from '../http/policy.ts';
import { visibleTo } from '../lists/list.ts';

export const groupNotFound = (id: string): ApiError => new ApiError('GroupNotFound', { group_id: id });

/** Throws GroupNotFound; another project's group is not found either. */
export async function mustFindGroup(context: RequestContext, id: string, policy: Policy): Promise<GroupRow> {
  const group = await findGroup(context.db, id, visibleTo(context));
  if (!group) throw groupNotFound(id);
  context.authorize(policy, group);
  return group;
}
