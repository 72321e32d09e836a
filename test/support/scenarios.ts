// Every operation as a scenario: what has to be there first, the request, and what is true when it has succeeded.
import { expect } from 'vitest';
import type { AcceptRequest } from '../../prisma/store/operations/accept-types.ts';
import { eventually } from './eventually.ts';
import type { Lab } from './lab.ts';
import * as requests from './requests.ts';

/** What a scenario needs of a lab, be it one process or many. */
export interface ScenarioLab extends Pick<Lab, 'db' | 'starter'> {
  /** Writes data that can be told again onto a volume; a lab without it leaves volumes blank. */
  fill?(volumeId: string): Promise<void>;
  /** Writes other data over it. */
  scribble?(volumeId: string): Promise<void>;
}

export interface Scenario<On extends ScenarioLab = ScenarioLab> {
  readonly name: string;
  /** Set where the lab needs an iSCSI target and an instance. */
  readonly needsInstance?: true;
  /** Another scenario that takes the same steps, and has them broken one by one in this one's place. */
  readonly stepsAsIn?: string;
  /** Makes what the operation needs and answers its request. */
  prepare(lab: On): Promise<AcceptRequest>;
  /** Checks what the request asked for. */
  expectDone(lab: On, request: AcceptRequest): Promise<void>;
}

/** Submits a request and waits until its operation has ended; answers the operation's state. */
export async function run(lab: ScenarioLab, request: AcceptRequest): Promise<string> {
  await lab.starter.submit(request);
  return ended(lab, request.operationId);
}

export async function ended(lab: ScenarioLab, operationId: string): Promise<string> {
  return eventually(async () => {
    const row = await lab.db.operation.findUniqueOrThrow({ where: { id: operationId } });
    if (row.finishedAt === null) throw new Error(`${row.kind} is ${row.state}: ${row.reason ?? 'no reason'}`);
    return row.state;
  });
}

/** Runs it and answers the id of what it made. */
export async function made(lab: ScenarioLab, request: AcceptRequest): Promise<string> {
  expect(await run(lab, request)).toBe('succeeded');
  return request.resourceId;
}

export const volumeIs =
  (status: string) =>
  async (lab: ScenarioLab, { resourceId }: AcceptRequest): Promise<void> => {
    expect((await lab.db.volume.findUniqueOrThrow({ where: { id: resourceId } })).status).toBe(status);
  };

export const snapshotIs =
  (status: string) =>
  async (lab: ScenarioLab, { resourceId }: AcceptRequest): Promise<void> => {
    expect((await lab.db.snapshot.findUniqueOrThrow({ where: { id: resourceId } })).status).toBe(status);
  };

export const backupIs =
  (status: string) =>
  async (lab: ScenarioLab, { resourceId }: AcceptRequest): Promise<void> => {
    expect((await lab.db.backup.findUniqueOrThrow({ where: { id: resourceId } })).status).toBe(status);
  };

/** A volume with data on it. */
export async function filled(lab: ScenarioLab, sizeGib = 1): Promise<string> {
  const volumeId = await made(lab, requests.createVolume({ sizeGib }));
  await lab.fill?.(volumeId);
  return volumeId;
}

async function backedUp(lab: ScenarioLab): Promise<{ volumeId: string; backupId: string }> {
  const volumeId = await filled(lab);
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
      const volumeId = await filled(lab);
      const snapshotId = await made(lab, requests.createSnapshot(volumeId));
      return requests.createVolume({ source: { kind: 'snapshot', snapshotId } });
    },
    expectDone: volumeIs('available'),
  },
  {
    name: 'create a volume from a volume',
    async prepare(lab) {
      const volumeId = await filled(lab);
      return requests.createVolume({ sizeGib: 2, source: { kind: 'volume', volumeId } });
    },
    expectDone: volumeIs('available'),
  },
  {
    name: 'delete a volume',
    prepare: async (lab) => requests.deleteVolume(await filled(lab)),
    expectDone: volumeIs('deleted'),
  },
  {
    name: 'delete a volume with its snapshots',
    async prepare(lab) {
      const volumeId = await filled(lab);
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
    prepare: async (lab) => requests.extendVolume(await filled(lab), 1, 3),
    async expectDone(lab, request) {
      await volumeIs('available')(lab, request);
      expect((await lab.db.volume.findUniqueOrThrow({ where: { id: request.resourceId } })).sizeGib).toBe(3);
    },
  },
  {
    name: 'create a snapshot',
    prepare: async (lab) => requests.createSnapshot(await filled(lab)),
    expectDone: snapshotIs('available'),
  },
  {
    name: 'delete a snapshot',
    async prepare(lab) {
      const volumeId = await filled(lab);
      return requests.deleteSnapshot(await made(lab, requests.createSnapshot(volumeId)), volumeId);
    },
    expectDone: snapshotIs('deleted'),
  },
  {
    name: 'create a backup',
    prepare: async (lab) => requests.createBackup(await filled(lab)),
    expectDone: backupIs('available'),
  },
  {
    name: 'create a backup of a volume in use',
    async prepare(lab) {
      const volumeId = await filled(lab);
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
      await lab.scribble?.(volumeId);
      return requests.restoreBackup(backupId, volumeId);
    },
    expectDone: backupIs('available'),
  },
];
