// Deleting a group, with its volumes where the request says so.
import { StatusConflictError } from '../../prisma/store/operations/accept-types.ts';
import { hasGroupSnapshots } from '../../prisma/store/groups/group-snapshots.ts';
import { lockGroup, membersHaveSnapshots, membersOf, type GroupRow } from '../../prisma/store/groups/groups.ts';
import type { Transaction } from '../../prisma/store/database/transaction.ts';
import type { RequestContext } from '../http/context.ts';
import { mustNotBeFrozen } from '../services/frozen.ts';
import { ApiError } from '../http/errors.ts';
import { submitOperation } from '../operations/submit.ts';

const refuse = (reason: string): never => {
  throw new ApiError('InvalidGroup', { reason });
};

/** Accepts the delete. Throws InvalidGroup. */
export async function deleteGroup(context: RequestContext, group: GroupRow, withVolumes: boolean): Promise<void> {
  const { id } = group;
  await mustNotBeFrozen(context, group.host);
  if (!withVolumes && !['available', 'error'].includes(group.status)) {
    refuse(`Group status must be available or error, but current status is: ${group.status}`);
  }
  const volumeIds = (await membersOf(context.db, id)).map((member) => member.id);
  await submitOperation(
    context,
    {
      kind: 'groupDelete',
      resourceId: id,
      projectId: group.projectId,
      input: { groupId: id, volumeIds },
      claims: [
        { resource: 'group', id },
        ...volumeIds.map((volumeId) => ({ resource: 'volume' as const, id: volumeId })),
      ],
      within: (tx) => mustBeDeletable(tx, id, volumeIds, withVolumes),
    },
    () => {
      const reason = withVolumes
        ? 'Group status must be available or error and must not have dependent group snapshots'
        : 'Group must not have attached volumes, volumes with snapshots, or dependent group snapshots';
      const source = 'and it cannot be the source for an ongoing group or group snapshot creation.';
      return new ApiError('InvalidGroup', { reason: `Cannot delete group ${id}. ${reason}, ${source}` });
    },
  );
}

async function mustBeDeletable(
  tx: Transaction,
  id: string,
  volumeIds: readonly string[],
  withVolumes: boolean,
): Promise<void> {
  await lockGroup(tx, id);
  if (await hasGroupSnapshots(tx, id)) refuse('Group has existing snapshots.');
  const members = await membersOf(tx, id);
  if (members.length > 0 && !withVolumes) {
    refuse(`Group ${id} still contains volumes. The delete-volumes flag is required to delete it.`);
  }
  if (members.some((member) => member.attachStatus === 'attached')) {
    refuse(`Volume in group ${id} is attached. Need to detach first.`);
  }
  if (await membersHaveSnapshots(tx, id)) refuse('Volume in group still has dependent snapshots.');
  // One that came since would be left without its group.
  if (members.length !== volumeIds.length) throw new StatusConflictError('group', id, 'updating');
}
