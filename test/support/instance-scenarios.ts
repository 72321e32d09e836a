// The operations that need an iSCSI target and an instance, as scenarios; and longer ones that the matrix runs as well.
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { parsePoolAddress } from '../../domain/backend-host.ts';
import { volumeQuota } from '../../domain/quota.ts';
import type { AcceptRequest } from '../../prisma/store/operations/accept-types.ts';
import { insertServerAttachment } from '../../prisma/store/attachments/server-volumes.ts';
import { createBackup, createVolume, extendVolume, restoreBackup } from './requests.ts';
import { filled, made, run, volumeIs, type Scenario, type ScenarioLab } from './scenarios.ts';

const who = { projectId: 'fedcba98', userId: 'tester', requestId: 'req-test' } as const;

interface Place {
  readonly serverId: string;
  readonly computeHost: string;
}

/** The lab's one instance, as its compute worker reports it. */
async function instance({ db }: ScenarioLab): Promise<Place> {
  const server = await db.server.findFirstOrThrow();
  return { serverId: server.id, computeHost: server.host };
}

async function attach(lab: ScenarioLab, volumeId: string): Promise<AcceptRequest> {
  const { serverId, computeHost } = await instance(lab);
  const [operationId, attachmentId] = [randomUUID(), randomUUID()];
  return {
    ...{ ...who, kind: 'volumeAttach', operationId, resourceId: volumeId, reads: [], quota: [] },
    input: { volumeId, attachmentId, serverId, computeHost, device: null },
    claims: [
      { resource: 'volume', id: volumeId },
      { resource: 'attachment', id: attachmentId },
    ],
    within: (tx) =>
      insertServerAttachment(tx, {
        ...{ id: attachmentId, operationId, volumeId, instanceId: serverId, host: computeHost },
        device: null,
        multiattach: false,
      }),
  };
}

/** A filled volume that is plugged into the instance. */
async function attached(lab: ScenarioLab): Promise<string> {
  const volumeId = await filled(lab);
  await made(lab, await attach(lab, volumeId));
  return volumeId;
}

async function detach(lab: ScenarioLab, volumeId: string): Promise<AcceptRequest> {
  const { serverId, computeHost } = await instance(lab);
  const { id: attachmentId } = await lab.db.attachment.findFirstOrThrow({ where: { volumeId, deletedAt: null } });
  return {
    ...{ ...who, kind: 'volumeDetach', operationId: randomUUID(), resourceId: volumeId, reads: [], quota: [] },
    input: { volumeId, attachmentId, serverId, computeHost },
    claims: [
      { resource: 'volume', id: volumeId },
      { resource: 'attachment', id: attachmentId },
    ],
  };
}

function connection(kind: 'connectionInitialize' | 'connectionTerminate', volumeId: string): AcceptRequest {
  const connector = { ip: '192.0.2.1', initiator: 'iqn.test', host: 'elsewhere' };
  return {
    ...{ ...who, kind, operationId: randomUUID(), resourceId: volumeId, claims: [], quota: [] },
    input: { volumeId, attachmentId: null, connector, mode: 'rw', removeExport: true },
    reads: [{ resource: 'volume', id: volumeId }],
  };
}

function restoreToNew(backupId: string): AcceptRequest {
  const [operationId, volumeId] = [randomUUID(), randomUUID()];
  return {
    ...restoreBackup(backupId, volumeId),
    operationId,
    input: { backupId, volumeId, newVolume: true },
    quota: volumeQuota(1, 1, null),
    within: async (tx) => {
      const { projectId, userId } = who;
      const status = 'restoring-backup';
      await tx.volume.create({
        data: { id: volumeId, operationId, sizeGib: 1, status, availabilityZone: 'nova', projectId, userId },
      });
    },
  };
}

/** A backup whose host has to reach the volume over the network: chosen already, as a repeated choice would find it. */
async function backupFromElsewhere(lab: ScenarioLab, volumeId: string): Promise<AcceptRequest> {
  const { host } = await lab.db.volume.findUniqueOrThrow({ where: { id: volumeId } });
  const own = parsePoolAddress(host ?? '').host;
  const other = await lab.db.service.findFirstOrThrow({ where: { binary: 'cinder-backup', host: { not: own } } });
  const request = createBackup(volumeId);
  return {
    ...request,
    within: async (tx) => {
      await request.within?.(tx);
      await tx.backup.update({ where: { id: request.resourceId }, data: { host: other.host } });
    },
  };
}

const attachments = async ({ db }: ScenarioLab, volumeId: string): Promise<number> =>
  db.attachment.count({ where: { volumeId, deletedAt: null, attachStatus: 'attached' } });

export const instanceScenarios: readonly Scenario[] = [
  {
    name: 'attach a volume',
    needsInstance: true,
    prepare: async (lab) => attach(lab, await filled(lab)),
    async expectDone(lab, request) {
      await volumeIs('in-use')(lab, request);
      expect(await attachments(lab, request.resourceId), 'attachments').toBe(1);
    },
  },
  {
    name: 'detach a volume',
    needsInstance: true,
    prepare: async (lab) => detach(lab, await attached(lab)),
    async expectDone(lab, request) {
      await volumeIs('available')(lab, request);
      expect(await attachments(lab, request.resourceId), 'attachments').toBe(0);
    },
  },
  {
    name: 'extend a volume in use',
    needsInstance: true,
    prepare: async (lab) => extendVolume(await attached(lab), 1, 2),
    async expectDone(lab, request) {
      await volumeIs('in-use')(lab, request);
      expect((await lab.db.volume.findUniqueOrThrow({ where: { id: request.resourceId } })).sizeGib).toBe(2);
    },
  },
  {
    name: 'back up a volume from another host',
    needsInstance: true,
    prepare: async (lab) => backupFromElsewhere(lab, await filled(lab)),
    expectDone: (lab, request) => backupIsWhole(lab, request),
  },
  {
    name: 'initialize a connection',
    needsInstance: true,
    prepare: async (lab) => connection('connectionInitialize', await filled(lab)),
    expectDone: volumeIs('available'),
  },
  {
    name: 'terminate a connection',
    needsInstance: true,
    async prepare(lab) {
      const volumeId = await filled(lab);
      expect(await run(lab, connection('connectionInitialize', volumeId))).toBe('succeeded');
      return connection('connectionTerminate', volumeId);
    },
    expectDone: volumeIs('available'),
  },
  {
    name: 'create an incremental backup',
    needsInstance: true,
    async prepare(lab) {
      const volumeId = await made(lab, createVolume());
      const parentId = await made(lab, createBackup(volumeId));
      await lab.fill?.(volumeId);
      return createBackup(volumeId, { parentId });
    },
    expectDone: (lab, request) => backupIsWhole(lab, request),
  },
  {
    name: 'restore a backup to a new volume from another host',
    needsInstance: true,
    async prepare(lab) {
      const backup = await backupFromElsewhere(lab, await filled(lab));
      return restoreToNew(await made(lab, backup));
    },
    async expectDone(lab, request) {
      const { volumeId } = request.input as { volumeId: string };
      await volumeIs('available')(lab, { ...request, resourceId: volumeId });
      await backupIsWhole(lab, request);
    },
  },
];

async function backupIsWhole(lab: ScenarioLab, { resourceId }: AcceptRequest): Promise<void> {
  const backup = await lab.db.backup.findUniqueOrThrow({ where: { id: resourceId } });
  expect(backup).toMatchObject({ status: 'available', objectCount: expect.any(Number) });
}
