// Scenarios of groups and group snapshots: two volumes each.
import { expect } from 'vitest';
import type { AcceptRequest } from '../../prisma/store/operations/accept-types.ts';
import * as groups from './group-requests.ts';
import type { Lab } from './lab.ts';
import * as requests from './requests.ts';
import { made, type Scenario } from './scenarios.ts';
import { typeOn } from './storage-scenarios.ts';

interface Grouped {
  readonly groupId: string;
  readonly volumeIds: readonly string[];
  readonly typeId: string;
}

const typeOf = async (lab: Lab): Promise<string> => (await typeOn(lab, 'alpha@first')).id;

/** A group with two volumes, wherever those are. */
async function grouped(lab: Lab): Promise<Grouped> {
  const typeId = await typeOf(lab);
  const groupId = await made(lab, groups.createGroup(typeId));
  const volumeIds = [await made(lab, requests.createVolume()), await made(lab, requests.createVolume())];
  await lab.db.volume.updateMany({ where: { id: { in: volumeIds } }, data: { groupId } });
  return { groupId, volumeIds, typeId };
}

const groupIs =
  (status: string) =>
  async (lab: Lab, { resourceId }: AcceptRequest): Promise<void> => {
    expect((await lab.db.volumeGroup.findUniqueOrThrow({ where: { id: resourceId } })).status).toBe(status);
  };

/** The group snapshot and both of its snapshots. */
const groupSnapshotIs =
  (status: string) =>
  async (lab: Lab, { resourceId: id }: AcceptRequest): Promise<void> => {
    expect((await lab.db.groupSnapshot.findUniqueOrThrow({ where: { id } })).status).toBe(status);
    const snapshots = await lab.db.snapshot.findMany({ where: { groupSnapshotId: id } });
    expect(snapshots.map((snapshot) => snapshot.status)).toEqual([status, status]);
  };

export const groupScenarios: readonly Scenario<Lab>[] = [
  {
    name: 'create a group',
    prepare: async (lab) => groups.createGroup(await typeOf(lab)),
    async expectDone(lab, request) {
      await groupIs('available')(lab, request);
      const { host } = await lab.db.volumeGroup.findUniqueOrThrow({ where: { id: request.resourceId } });
      expect(host).toBe('alpha@first#first');
    },
  },
  {
    name: 'create a group from a group',
    async prepare(lab) {
      const { volumeIds, typeId } = await grouped(lab);
      return groups.createGroupFromSource(volumeIds, typeId);
    },
    async expectDone(lab, request) {
      await groupIs('available')(lab, request);
      const volumes = await lab.db.volume.findMany({ where: { groupId: request.resourceId } });
      expect(volumes.map(({ status }) => status)).toEqual(['available', 'available']);
    },
  },
  {
    name: 'delete a group with its volumes',
    async prepare(lab) {
      const { groupId, volumeIds } = await grouped(lab);
      return groups.deleteGroup(groupId, volumeIds);
    },
    expectDone: groupIs('deleted'),
  },
  {
    name: 'create a group snapshot',
    async prepare(lab) {
      const { groupId, volumeIds } = await grouped(lab);
      return groups.createGroupSnapshot(groupId, volumeIds);
    },
    expectDone: groupSnapshotIs('available'),
  },
  {
    name: 'delete a group snapshot',
    async prepare(lab) {
      const { groupId, volumeIds } = await grouped(lab);
      const id = await made(lab, groups.createGroupSnapshot(groupId, volumeIds));
      const snapshots = await lab.db.snapshot.findMany({ where: { groupSnapshotId: id } });
      return groups.deleteGroupSnapshot(
        id,
        snapshots.map((snapshot) => snapshot.id),
      );
    },
    expectDone: groupSnapshotIs('deleted'),
  },
];
