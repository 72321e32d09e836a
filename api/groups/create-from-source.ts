// Creating a group from a group or from a group snapshot (3.14): each member becomes a volume of the new group.
import { volumeQuota } from '../../domain/quota.ts';
import type { QuotaChange, ResourceUse } from '../../prisma/store/operations/accept-types.ts';
import { snapshotsOf } from '../../prisma/store/groups/group-snapshots.ts';
import { insertGroup, membersOf, type GroupMember, type GroupRow } from '../../prisma/store/groups/groups.ts';
import { insertVolume, type NewVolume } from '../../prisma/store/volumes/new-volume.ts';
import { findVolume } from '../../prisma/store/volumes/volumes.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { mustFindGroupSnapshot } from '../group-snapshots/lookup.ts';
import { groupSnapshotPolicy } from '../group-snapshots/policy.ts';
import { mustFindGroup } from './lookup.ts';
import { groupPolicy } from './policy.ts';
import type { CreateFromSourceWish } from './schema.ts';
import { groupSummaryView } from './view.ts';
import { submitOperation } from '../operations/submit.ts';

/** What one of the new group's volumes is made from. */
interface Origin {
  readonly source:
    | { readonly kind: 'snapshot'; readonly snapshotId: string }
    | { readonly kind: 'volume'; readonly volumeId: string };
  readonly sizeGib: number;
  readonly volumeTypeId: string;
  readonly typeName: string | null;
  readonly like: Pick<GroupMember, 'bootable' | 'multiattach' | 'availabilityZone'>;
}

interface Plan {
  readonly original: GroupRow;
  readonly origins: readonly Origin[];
  readonly reads: readonly ResourceUse[];
}

/** Accepts the group with its volumes and answers its id and name. Throws InvalidGroup for an empty source. */
export async function createGroupFromSource(context: RequestContext, wish: CreateFromSourceWish): Promise<Answer> {
  const { group_snapshot_id: snapshotId, source_group_id: groupId = '' } = wish;
  const plan = snapshotId === undefined ? await fromGroup(context, groupId) : await fromSnapshot(context, snapshotId);
  const { original, origins, reads } = plan;
  const group = {
    id: context.newId('group'),
    operationId: context.operationId,
    name: wish.name?.trim() ?? null,
    description: wish.description?.trim() ?? null,
    projectId: context.projectId,
    userId: context.userId,
    groupTypeId: original.groupTypeId,
    volumeTypeIds: original.volumeTypeIds,
    availabilityZone: original.availabilityZone,
    host: original.host,
    groupSnapshotId: snapshotId ?? null,
    sourceGroupId: snapshotId === undefined ? groupId : null,
  };
  const volumes = origins.map((origin, index) => volumeFrom(context, group.id, origin, index));
  await submitOperation(context, {
    kind: 'groupCreateFromSource',
    resourceId: group.id,
    input: {
      groupId: group.id,
      volumeIds: volumes.map(({ id }) => id),
      members: volumes.map(({ id }, index) => ({ volumeId: id, source: { ...origins[index]?.source } })),
    },
    claims: [{ resource: 'group', id: group.id }, ...volumes.map(({ id }) => ({ resource: 'volume' as const, id }))],
    reads,
    quota: quotaOf(origins),
    within: async (tx) => {
      await insertGroup(tx, group);
      for (const volume of volumes) await insertVolume(tx, volume);
    },
  });
  return { status: 202, body: { group: groupSummaryView(group) } };
}

async function fromGroup(context: RequestContext, groupId: string): Promise<Plan> {
  const original = await mustFindGroup(context, groupId, groupPolicy.get);
  const members = await membersOf(context.db, groupId);
  if (members.length === 0) throw empty('Source Group is empty. No group will be created.');
  const origins: Origin[] = [];
  for (const member of members) {
    const source = { kind: 'volume', volumeId: member.id } as const;
    origins.push(await originOf(context, source, member.id, member.sizeGib));
  }
  const volumes = members.map(({ id }) => ({ resource: 'volume' as const, id }));
  return { original, origins, reads: [{ resource: 'group', id: groupId }, ...volumes] };
}

async function fromSnapshot(context: RequestContext, groupSnapshotId: string): Promise<Plan> {
  const groupSnapshot = await mustFindGroupSnapshot(context, groupSnapshotId, groupSnapshotPolicy.get);
  const original = await mustFindGroup(context, groupSnapshot.groupId, groupPolicy.get);
  const snapshots = await snapshotsOf(context.db, groupSnapshotId);
  if (snapshots.length === 0) throw empty('Group snapshot is empty. No group will be created.');
  const origins: Origin[] = [];
  for (const snapshot of snapshots) {
    const source = { kind: 'snapshot', snapshotId: snapshot.id } as const;
    origins.push(await originOf(context, source, snapshot.volumeId, snapshot.sizeGib));
  }
  const members = snapshots.map(({ id }) => ({ resource: 'snapshot' as const, id }));
  return { original, origins, reads: [{ resource: 'groupSnapshot', id: groupSnapshotId }, ...members] };
}

const empty = (reason: string): ApiError => new ApiError('InvalidGroup', { reason });

async function originOf(
  context: RequestContext,
  source: Origin['source'],
  volumeId: string,
  sizeGib: number,
): Promise<Origin> {
  const volume = await findVolume(context.db, volumeId, null);
  if (!volume?.volumeTypeId) throw new ApiError('VolumeNotFound', { volume_id: volumeId });
  return { source, sizeGib, volumeTypeId: volume.volumeTypeId, typeName: volume.typeName, like: volume };
}

function volumeFrom(context: RequestContext, groupId: string, origin: Origin, index: number): NewVolume {
  const { source, sizeGib, volumeTypeId, like } = origin;
  return {
    id: context.newId(`volume-${index}`),
    operationId: context.operationId,
    name: null,
    description: null,
    projectId: context.projectId,
    userId: context.userId,
    sizeGib,
    availabilityZone: like.availabilityZone,
    volumeTypeId,
    snapshotId: source.kind === 'snapshot' ? source.snapshotId : null,
    sourceVolumeId: source.kind === 'volume' ? source.volumeId : null,
    bootable: like.bootable,
    multiattach: like.multiattach,
    metadata: {},
    schedulerHints: null,
    groupId,
    createdAt: new Date(),
  };
}

/** One counter change each, summed: a counter may not be named twice. */
function quotaOf(origins: readonly Origin[]): QuotaChange[] {
  const sums = new Map<string, number>([['groups', 1]]);
  for (const { resource, delta } of origins.flatMap(({ sizeGib, typeName }) => volumeQuota(1, sizeGib, typeName))) {
    sums.set(resource, (sums.get(resource) ?? 0) + delta);
  }
  return [...sums].map(([resource, delta]) => ({ resource, delta }));
}
