// Every operation as a scenario: what has to be there first, the request, and what is true when it has succeeded.
import { expect } from 'vitest';
import type { AcceptRequest } from '../../prisma/store/accept-types.ts';
import { eventually } from './eventually.ts';
import type { Lab } from './lab.ts';
import * as requests from './requests.ts';

export interface Scenario {
  readonly name: string;
  /** Makes what the operation needs and answers its request. */
  prepare(lab: Lab): Promise<AcceptRequest>;
  /** Checks what the request asked for. */
  expectDone(lab: Lab, request: AcceptRequest): Promise<void>;
}

/** Submits a request and waits until its operation has ended; answers the operation's state. */
export async function run(lab: Lab, request: AcceptRequest): Promise<string> {
  await lab.starter.submit(request);
  return ended(lab, request.operationId);
}

export async function ended(lab: Lab, operationId: string): Promise<string> {
  return eventually(async () => {
    const { state, finishedAt } = await lab.db.operation.findUniqueOrThrow({ where: { id: operationId } });
    if (finishedAt === null) throw new Error(`operation is ${state}`);
    return state;
  });
}

async function made(lab: Lab, request: AcceptRequest): Promise<string> {
  expect(await run(lab, request)).toBe('succeeded');
  return request.resourceId;
}

const volumeIs =
  (status: string) =>
  async (lab: Lab, { resourceId }: AcceptRequest): Promise<void> => {
    expect((await lab.db.volume.findUniqueOrThrow({ where: { id: resourceId } })).status).toBe(status);
  };

const snapshotIs =
  (status: string) =>
  async (lab: Lab, { resourceId }: AcceptRequest): Promise<void> => {
    expect((await lab.db.snapshot.findUniqueOrThrow({ where: { id: resourceId } })).status).toBe(status);
  };

const backupIs =
  (status: string) =>
  async (lab: Lab, { resourceId }: AcceptRequest): Promise<void> => {
    expect((await lab.db.backup.findUniqueOrThrow({ where: { id: resourceId } })).status).toBe(status);
  };

async function backedUp(lab: Lab): Promise<{ volumeId: string; backupId: string }> {
  const volumeId = await made(lab, requests.createVolume());
  return { volumeId, backupId: await made(lab, requests.createBackup(volumeId)) };
}

export const scenarios: readonly Scenario[] = [
  {
    name: 'create a blank volume',
    prepare: () => Promise.resolve(requests.createVolume()),
    expectDone: volumeIs('available'),
  },
  {
    name: 'create a volume from a snapshot',
    async prepare(lab) {
      const volumeId = await made(lab, requests.createVolume());
      const snapshotId = await made(lab, requests.createSnapshot(volumeId));
      return requests.createVolume({ source: { kind: 'snapshot', snapshotId } });
    },
    expectDone: volumeIs('available'),
  },
  {
    name: 'create a volume from a volume',
    async prepare(lab) {
      const volumeId = await made(lab, requests.createVolume());
      return requests.createVolume({ sizeGib: 2, source: { kind: 'volume', volumeId } });
    },
    expectDone: volumeIs('available'),
  },
  {
    name: 'delete a volume',
    prepare: async (lab) => requests.deleteVolume(await made(lab, requests.createVolume())),
    expectDone: volumeIs('deleted'),
  },
  {
    name: 'delete a volume with its snapshots',
    async prepare(lab) {
      const volumeId = await made(lab, requests.createVolume());
      const snapshotIds = [
        await made(lab, requests.createSnapshot(volumeId)),
        await made(lab, requests.createSnapshot(volumeId)),
      ];
      return requests.deleteVolumeWithSnapshots(volumeId, snapshotIds);
    },
    expectDone: volumeIs('deleted'),
  },
  {
    name: 'extend a volume',
    prepare: async (lab) => requests.extendVolume(await made(lab, requests.createVolume()), 1, 3),
    async expectDone(lab, request) {
      await volumeIs('available')(lab, request);
      expect((await lab.db.volume.findUniqueOrThrow({ where: { id: request.resourceId } })).sizeGib).toBe(3);
    },
  },
  {
    name: 'create a snapshot',
    prepare: async (lab) => requests.createSnapshot(await made(lab, requests.createVolume())),
    expectDone: snapshotIs('available'),
  },
  {
    name: 'delete a snapshot',
    async prepare(lab) {
      const volumeId = await made(lab, requests.createVolume());
      return requests.deleteSnapshot(await made(lab, requests.createSnapshot(volumeId)), volumeId);
    },
    expectDone: snapshotIs('deleted'),
  },
  {
    name: 'create a backup',
    prepare: async (lab) => requests.createBackup(await made(lab, requests.createVolume())),
    expectDone: backupIs('available'),
  },
  {
    name: 'create a backup of a volume in use',
    async prepare(lab) {
      const volumeId = await made(lab, requests.createVolume());
      await lab.db.volume.update({ where: { id: volumeId }, data: { status: 'in-use' } });
      return requests.createBackup(volumeId);
    },
    expectDone: backupIs('available'),
  },
  {
    name: 'delete a backup',
    prepare: async (lab) => requests.deleteBackup((await backedUp(lab)).backupId),
    expectDone: backupIs('deleted'),
  },
  {
    name: 'restore a backup',
    async prepare(lab) {
      const { volumeId, backupId } = await backedUp(lab);
      return requests.restoreBackup(backupId, volumeId);
    },
    expectDone: backupIs('available'),
  },
];
