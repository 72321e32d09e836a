// Creating a group snapshot: a snapshot of each of the group's volumes, all or none.
import { snapshotQuota } from '../../domain/quota.ts';
import { StatusConflictError, type QuotaChange } from '../../prisma/store/operations/accept-types.ts';
import { insertGroupSnapshot } from '../../prisma/store/groups/group-snapshots.ts';
import { lockGroup, membersOf, type GroupMember } from '../../prisma/store/groups/groups.ts';
import { insertSnapshot, VolumeChangedError, type NewSnapshot } from '../../prisma/store/snapshots/new-snapshot.ts';
import { findType } from '../../prisma/store/types/types.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { mustNotBeFrozen } from '../services/frozen.ts';
import { ApiError } from '../http/errors.ts';
import { mustFindGroup } from '../groups/lookup.ts';
import { groupPolicy } from '../groups/policy.ts';
import type { CreateGroupSnapshotWish } from './schema.ts';
import { submitOperation } from '../operations/submit.ts';

const takeable = ['available', 'in-use'] as const;

/** Accepts it and answers its id, name and type. */
export async function createGroupSnapshot(context: RequestContext, wish: CreateGroupSnapshotWish): Promise<Answer> {
  const group = await mustFindGroup(context, wish.group_id, groupPolicy.get);
  const members = await membersOf(context.db, group.id);
  await mustNotBeFrozen(context, group.host);
  const row = {
    id: context.newId('group-snapshot'),
    operationId: context.operationId,
    groupId: group.id,
    groupTypeId: group.groupTypeId,
    name: wish.name ?? null,
    description: wish.description ?? null,
    projectId: context.projectId,
    userId: context.userId,
  };
  const snapshots = members.map((member, index) => snapshotOf(context, row, member, index));
  try {
    await submitOperation(context, {
      kind: 'groupSnapshotCreate',
      resourceId: row.id,
      input: { groupSnapshotId: row.id, snapshotIds: snapshots.map(({ id }) => id) },
      claims: [
        { resource: 'groupSnapshot', id: row.id },
        ...snapshots.map(({ id }) => ({ resource: 'snapshot' as const, id })),
      ],
      reads: [{ resource: 'group', id: group.id }, ...members.map(({ id }) => ({ resource: 'volume' as const, id }))],
      quota: await quotaOf(context, members),
      within: async (tx) => {
        const state = await lockGroup(tx, group.id);
        if (state?.status !== 'available') throw new StatusConflictError('group', group.id, state?.status ?? null);
        await insertGroupSnapshot(tx, row);
        for (const snapshot of snapshots) await insertSnapshot(tx, snapshot, takeable);
      },
    });
  } catch (error) {
    if (!(error instanceof VolumeChangedError)) throw error;
    const reason = `Snapshot cannot be created while a volume of the group is in status ${error.status ?? 'deleted'}.`;
    throw new ApiError('InvalidVolume', { reason });
  }
  const { id, name, groupTypeId } = row;
  return { status: 202, body: { group_snapshot: { id, name, group_type_id: groupTypeId } } };
}

function snapshotOf(
  context: RequestContext,
  row: { readonly id: string; readonly name: string | null; readonly description: string | null },
  member: GroupMember,
  index: number,
): NewSnapshot {
  return {
    id: context.newId(`snapshot-${index}`),
    operationId: context.operationId,
    volumeId: member.id,
    name: row.name,
    description: row.description,
    projectId: context.projectId,
    userId: context.userId,
    sizeGib: member.sizeGib,
    volumeTypeId: member.volumeTypeId,
    usesGigabytes: !context.config.noSnapshotGbQuota,
    metadata: {},
    groupSnapshotId: row.id,
    createdAt: new Date(),
  };
}

/** One counter change each, summed: a counter may not be named twice. */
async function quotaOf(context: RequestContext, members: readonly GroupMember[]): Promise<QuotaChange[]> {
  const everyType = { projectId: '', isAdmin: true };
  const sums = new Map<string, number>();
  for (const { sizeGib, volumeTypeId } of members) {
    const type = volumeTypeId === null ? null : await findType(context.db, everyType, volumeTypeId);
    const name = type?.name ?? null;
    for (const { resource, delta } of snapshotQuota(1, sizeGib, name, context.config.noSnapshotGbQuota)) {
      sums.set(resource, (sums.get(resource) ?? 0) + delta);
    }
  }
  return [...sums].map(([resource, delta]) => ({ resource, delta }));
}
