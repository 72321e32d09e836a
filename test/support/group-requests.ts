// Accept requests about groups, as the API's routes make them, for tests that run without HTTP.
import { randomUUID } from 'node:crypto';
import { snapshotQuota, volumeQuota } from '../../domain/quota.ts';
import { insertGroupSnapshot } from '../../prisma/store/groups/group-snapshots.ts';
import { insertGroup } from '../../prisma/store/groups/groups.ts';
import { plain, who, type Made } from './requests.ts';

/** A group of volumes of one type. */
export function createGroup(typeId: string): Made {
  const id = randomUUID();
  const request = plain('groupCreate', id);
  return {
    ...request,
    input: { groupId: id },
    claims: [{ resource: 'group', id }],
    quota: [{ resource: 'groups', delta: 1 }],
    within: (tx) => insertGroup(tx, newGroup(id, request.operationId, typeId)),
  };
}

const newGroup = (id: string, operationId: string, typeId: string) => ({
  ...{ id, operationId, name: null, description: null, groupTypeId: randomUUID(), volumeTypeIds: [typeId] },
  ...{ projectId: who.projectId, userId: who.userId, availabilityZone: 'nova' },
  ...{ host: null, groupSnapshotId: null, sourceGroupId: null },
});

/** A group whose volumes are copies of these. */
export function createGroupFromSource(sourceIds: readonly string[], typeId: string): Made {
  const id = randomUUID();
  const request = plain('groupCreateFromSource', id);
  const members = sourceIds.map((volumeId) => ({ volumeId: randomUUID(), source: { kind: 'volume', volumeId } }));
  return {
    ...request,
    input: { groupId: id, volumeIds: members.map(({ volumeId }) => volumeId), members },
    claims: [
      { resource: 'group', id },
      ...members.map(({ volumeId }) => ({ resource: 'volume' as const, id: volumeId })),
    ],
    reads: sourceIds.map((volumeId) => ({ resource: 'volume' as const, id: volumeId })),
    quota: [{ resource: 'groups', delta: 1 }, ...volumeQuota(members.length, 1, null)],
    within: async (tx) => {
      await insertGroup(tx, newGroup(id, request.operationId, typeId));
      for (const { volumeId, source } of members) {
        const { projectId, userId } = who;
        await tx.volume.create({
          data: {
            ...{ id: volumeId, operationId: request.operationId, projectId, userId, groupId: id },
            ...{ sizeGib: 1, status: 'creating', availabilityZone: 'nova', sourceVolumeId: source.volumeId },
          },
        });
      }
    },
  };
}

export function deleteGroup(id: string, volumeIds: readonly string[]): Made {
  return {
    ...plain('groupDelete', id),
    input: { groupId: id, volumeIds: [...volumeIds] },
    claims: [
      { resource: 'group', id },
      ...volumeIds.map((volumeId) => ({ resource: 'volume' as const, id: volumeId })),
    ],
  };
}

export function createGroupSnapshot(groupId: string, volumeIds: readonly string[]): Made {
  const id = randomUUID();
  const request = plain('groupSnapshotCreate', id);
  const { projectId, userId } = who;
  const members = volumeIds.map((volumeId) => ({ id: randomUUID(), volumeId }));
  return {
    ...request,
    input: { groupSnapshotId: id, snapshotIds: members.map((member) => member.id) },
    claims: [
      { resource: 'groupSnapshot', id },
      ...members.map((member) => ({ resource: 'snapshot' as const, id: member.id })),
    ],
    reads: volumeIds.map((volumeId) => ({ resource: 'volume' as const, id: volumeId })),
    quota: snapshotQuota(members.length, 1, null, false),
    within: async (tx) => {
      const { operationId } = request;
      const row = { id, operationId, groupId, groupTypeId: randomUUID(), name: null, description: null };
      await insertGroupSnapshot(tx, { ...row, projectId, userId });
      for (const member of members) {
        await tx.snapshot.create({
          data: { ...member, operationId, projectId, userId, sizeGib: 1, status: 'creating', groupSnapshotId: id },
        });
      }
    },
  };
}

export function deleteGroupSnapshot(id: string, snapshotIds: readonly string[]): Made {
  return {
    ...plain('groupSnapshotDelete', id),
    input: { groupSnapshotId: id, snapshotIds: [...snapshotIds] },
    claims: [
      { resource: 'groupSnapshot', id },
      ...snapshotIds.map((snapshotId) => ({ resource: 'snapshot' as const, id: snapshotId })),
    ],
  };
}
