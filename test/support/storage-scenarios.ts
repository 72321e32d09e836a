// Scenarios of revert, manage, unmanage, migrate and retype.
import { randomUUID } from 'node:crypto';
import { open, rename, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { serviceHostOf } from '../../domain/backend-host.ts';
import { backupQuota } from '../../domain/quota.ts';
import { objectPrefixOf } from '../../prisma/store/backups/records.ts';
import { refundQuota } from '../../prisma/store/capacity/quota-usage.ts';
import type { AcceptRequest } from '../../prisma/store/operations/accept-types.ts';
import type { Lab } from './lab.ts';
import * as requests from './requests.ts';
import { backupIs, made, snapshotIs, volumeIs, type Scenario } from './scenarios.ts';

const gib = 1024 ** 3;
const backends = ['alpha@first', 'alpha@second'] as const;
const text = 'what the volume holds';

const directoryOf = (lab: Lab, host: string): string => join(lab.directory, ...serviceHostOf(host).split('@'));

async function volumeFile(lab: Lab, volumeId: string): Promise<string> {
  const { host } = await lab.db.volume.findUniqueOrThrow({ where: { id: volumeId } });
  return join(directoryOf(lab, host ?? ''), `volume-${volumeId}`);
}

async function write(path: string, words: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(words.padEnd(text.length), 4096);
  await file.close();
}

async function read(path: string): Promise<string> {
  const file = await open(path, 'r');
  const { buffer } = await file.read(Buffer.alloc(text.length), 0, text.length, 4096);
  await file.close();
  return buffer.toString();
}

async function writtenVolume(lab: Lab): Promise<string> {
  const volumeId = await made(lab, requests.createVolume());
  await write(await volumeFile(lab, volumeId), text);
  return volumeId;
}

/** The back-end that the volume is not on. */
async function otherBackend(lab: Lab, volumeId: string): Promise<string> {
  const { host } = await lab.db.volume.findUniqueOrThrow({ where: { id: volumeId } });
  return backends.find((name) => name !== serviceHostOf(host ?? '')) ?? '';
}

/** A type that one back-end alone satisfies. */
export async function typeOn(lab: Lab, host: string): Promise<{ id: string; name: string }> {
  const name = `on-${host.split('@')[1]}`;
  const before = await lab.db.volumeType.findFirst({ where: { name } });
  if (before) return before;
  const extraSpecs = { volume_backend_name: host.split('@')[1] ?? '' };
  return lab.db.volumeType.create({ data: { id: randomUUID(), name, extraSpecs } });
}

/** A file that somebody put there. */
async function foreignFile(lab: Lab, prefix: string): Promise<string> {
  const name = `${prefix}-${randomUUID()}`;
  const path = join(directoryOf(lab, backends[0]), name);
  await writeFile(path, '');
  // Not whole GiB: it is filled up.
  await truncate(path, gib - 4096);
  await write(path, text);
  return name;
}

const holds =
  (host: (lab: Lab, request: AcceptRequest) => string | undefined) =>
  async (lab: Lab, request: AcceptRequest): Promise<void> => {
    await volumeIs('available')(lab, request);
    const volume = await lab.db.volume.findUniqueOrThrow({ where: { id: request.resourceId } });
    const wanted = host(lab, request);
    if (wanted !== undefined) expect(serviceHostOf(volume.host ?? '')).toBe(wanted);
    const path = await volumeFile(lab, volume.id);
    expect(await read(path)).toBe(text);
    expect((await stat(path)).size).toBe(gib);
  };

const inputOf = (request: AcceptRequest) => request.input as Readonly<Record<string, string>>;

export const storageScenarios: readonly Scenario<Lab>[] = [
  {
    name: 'revert a volume to its snapshot',
    async prepare(lab) {
      const volumeId = await writtenVolume(lab);
      const snapshotId = await made(lab, requests.createSnapshot(volumeId));
      await write(await volumeFile(lab, volumeId), 'something else');
      return requests.revertVolume(volumeId, snapshotId);
    },
    async expectDone(lab, request) {
      await holds(() => undefined)(lab, request);
      const { status } = await lab.db.snapshot.findUniqueOrThrow({
        where: { id: inputOf(request)['snapshotId'] ?? '' },
      });
      expect(status).toBe('available');
    },
  },
  {
    name: 'manage a volume',
    prepare: async (lab) => requests.manageVolume(backends[0], await foreignFile(lab, 'foreign')),
    expectDone: holds(() => backends[0]),
  },
  {
    name: 'unmanage a volume',
    prepare: async (lab) => requests.unmanageVolume(await writtenVolume(lab)),
    async expectDone(lab, request) {
      await volumeIs('deleted')(lab, request);
      expect(await read(await volumeFile(lab, request.resourceId))).toBe(text);
    },
  },
  {
    name: 'manage a snapshot',
    async prepare(lab) {
      const volumeId = await writtenVolume(lab);
      const name = `snapshot-${randomUUID()}-of-old`;
      const taken = await foreignFile(lab, 'taken');
      const { host } = await lab.db.volume.findUniqueOrThrow({ where: { id: volumeId } });
      await rename(join(directoryOf(lab, backends[0]), taken), join(directoryOf(lab, host ?? ''), name));
      return requests.manageSnapshot(volumeId, name);
    },
    expectDone: snapshotIs('available'),
  },
  {
    name: 'unmanage a snapshot',
    async prepare(lab) {
      const volumeId = await writtenVolume(lab);
      return requests.unmanageSnapshot(await made(lab, requests.createSnapshot(volumeId)));
    },
    expectDone: snapshotIs('deleted'),
  },
  {
    name: 'list what could be managed',
    prepare: () => Promise.resolve(requests.listManageable(backends[0])),
    async expectDone(lab, request) {
      const { result } = await lab.db.operation.findUniqueOrThrow({ where: { id: request.operationId } });
      expect(result).toEqual({ objects: expect.any(Array) });
    },
  },
  {
    name: 'import a backup',
    async prepare(lab) {
      const volumeId = await made(lab, requests.createVolume());
      const id = await made(lab, requests.createBackup(volumeId));
      const [prefix, { container }] = await Promise.all([
        objectPrefixOf(lab.db, id),
        lab.db.backup.findUniqueOrThrow({ where: { id } }),
      ]);
      // As if the database had been lost.
      await lab.db.$transaction(async (tx) => {
        const { projectId, sizeGib } = await tx.backup.update({ where: { id }, data: { deletedAt: new Date() } });
        await refundQuota(tx, projectId, backupQuota(1, sizeGib));
      });
      return requests.importBackup({ id, volumeId, container: container ?? '', prefix });
    },
    expectDone: backupIs('available'),
  },
  {
    name: 'migrate a volume',
    async prepare(lab) {
      const volumeId = await writtenVolume(lab);
      return requests.migrateVolume(volumeId, await otherBackend(lab, volumeId));
    },
    expectDone: holds((_lab, request) => inputOf(request)['host']),
  },
  {
    name: 'retype a volume where it is',
    async prepare(lab) {
      const volumeId = await writtenVolume(lab);
      const { host } = await lab.db.volume.findUniqueOrThrow({ where: { id: volumeId } });
      return requests.retypeVolume(volumeId, await typeOn(lab, serviceHostOf(host ?? '')));
    },
    expectDone: hasNewType,
  },
  {
    name: 'retype a volume to another back-end',
    stepsAsIn: 'migrate a volume',
    async prepare(lab) {
      const volumeId = await writtenVolume(lab);
      return requests.retypeVolume(volumeId, await typeOn(lab, await otherBackend(lab, volumeId)));
    },
    expectDone: hasNewType,
  },
];

async function hasNewType(lab: Lab, request: AcceptRequest): Promise<void> {
  const volume = await lab.db.volume.findUniqueOrThrow({ where: { id: request.resourceId } });
  expect(volume.volumeTypeId).toBe(inputOf(request)['newTypeId']);
  const type = await lab.db.volumeType.findUniqueOrThrow({ where: { id: volume.volumeTypeId ?? '' } });
  const backend = (type.extraSpecs as Record<string, string>)['volume_backend_name'];
  await holds(() => `alpha@${backend}`)(lab, request);
}
