// Accept requests as the API's routes make them, for tests that run without HTTP.
import { randomUUID } from 'node:crypto';
import { backupQuota, extendQuota, snapshotQuota, volumeQuota } from '../../domain/quota.ts';
import { reviveOrInsertBackup } from '../../prisma/store/backups/records.ts';
import type { AcceptRequest } from '../../prisma/store/operations/accept-types.ts';

/** Whose the resources are. */
export const who = { projectId: 'fedcba98', userId: 'tester', requestId: 'req-test' } as const;

export type Made = AcceptRequest & { readonly resourceId: string };

export type Source =
  | { kind: 'blank' }
  | { kind: 'snapshot'; snapshotId: string }
  | { kind: 'volume'; volumeId: string };

export function createVolume(options: { sizeGib?: number; source?: Source } = {}): Made {
  const { sizeGib = 1, source = { kind: 'blank' } } = options;
  const [id, operationId] = [randomUUID(), randomUUID()];
  return {
    ...who,
    kind: 'volumeCreate',
    operationId,
    resourceId: id,
    input: { volumeId: id, sizeGib, source },
    claims: [{ resource: 'volume', id }],
    reads:
      source.kind === 'snapshot'
        ? [{ resource: 'snapshot', id: source.snapshotId }]
        : source.kind === 'volume'
          ? [{ resource: 'volume', id: source.volumeId }]
          : [],
    quota: volumeQuota(1, sizeGib, null),
    within: async (tx) => {
      await tx.volume.create({
        data: {
          id,
          operationId,
          sizeGib,
          status: 'creating',
          availabilityZone: 'nova',
          projectId: who.projectId,
          userId: who.userId,
          snapshotId: source.kind === 'snapshot' ? source.snapshotId : null,
          sourceVolumeId: source.kind === 'volume' ? source.volumeId : null,
        },
      });
    },
  };
}

export function deleteVolume(id: string): Made {
  return { ...plain('volumeDelete', id), input: {}, claims: [{ resource: 'volume', id }] };
}

export function deleteVolumeWithSnapshots(id: string, snapshotIds: readonly string[]): Made {
  return {
    ...plain('volumeDelete', id),
    input: { snapshotIds: [...snapshotIds] },
    claims: [
      { resource: 'volume', id },
      ...snapshotIds.map((snapshotId) => ({ resource: 'snapshot' as const, id: snapshotId })),
    ],
  };
}

export function extendVolume(id: string, sizeGib: number, newSizeGib: number): Made {
  return {
    ...plain('volumeExtend', id),
    input: { volumeId: id, newSizeGib },
    claims: [{ resource: 'volume', id }],
    quota: extendQuota(newSizeGib - sizeGib, null),
  };
}

export function createSnapshot(volumeId: string, sizeGib = 1): Made {
  const id = randomUUID();
  const request = plain('snapshotCreate', id);
  return {
    ...request,
    input: { volumeId },
    claims: [{ resource: 'snapshot', id }],
    reads: [{ resource: 'volume', id: volumeId }],
    quota: snapshotQuota(1, sizeGib, null, false),
    within: async (tx) => {
      const { projectId, userId } = who;
      await tx.snapshot.create({
        data: { id, volumeId, sizeGib, projectId, userId, status: 'creating', operationId: request.operationId },
      });
    },
  };
}

export function deleteSnapshot(id: string, volumeId: string): Made {
  return { ...plain('snapshotDelete', id), input: { volumeId }, claims: [{ resource: 'snapshot', id }] };
}

export function createBackup(
  volumeId: string,
  { parentId = null, sizeGib = 1 }: { parentId?: string | null; sizeGib?: number } = {},
): Made {
  const id = randomUUID();
  const request = plain('backupCreate', id);
  return {
    ...request,
    input: { backupId: id, volumeId, snapshotId: null, parentId },
    reads: parentId === null ? [] : [{ resource: 'backup', id: parentId }],
    claims: [
      { resource: 'backup', id },
      { resource: 'volume', id: volumeId },
    ],
    quota: backupQuota(1, sizeGib),
    within: async (tx) => {
      const { projectId, userId } = who;
      await tx.backup.create({
        data: {
          id,
          volumeId,
          parentId,
          sizeGib,
          projectId,
          userId,
          status: 'creating',
          availabilityZone: 'nova',
          operationId: request.operationId,
        },
      });
    },
  };
}

export function deleteBackup(id: string): Made {
  return { ...plain('backupDelete', id), input: {}, claims: [{ resource: 'backup', id }] };
}

export function restoreBackup(backupId: string, volumeId: string, ancestors: readonly string[] = []): Made {
  return {
    ...plain('backupRestore', backupId),
    input: { backupId, volumeId, newVolume: false },
    reads: ancestors.map((id) => ({ resource: 'backup', id })),
    claims: [
      { resource: 'backup', id: backupId },
      { resource: 'volume', id: volumeId },
    ],
  };
}

export function revertVolume(volumeId: string, snapshotId: string): Made {
  return {
    ...plain('volumeRevert', volumeId),
    input: { volumeId, snapshotId },
    claims: [
      { resource: 'volume', id: volumeId },
      { resource: 'snapshot', id: snapshotId },
    ],
  };
}

/** `name`: what the object is called on the back-end `host` (host@backend). */
export function manageVolume(host: string, name: string): Made {
  const id = randomUUID();
  const request = plain('volumeManage', id);
  return {
    ...request,
    input: { volumeId: id, host, name },
    claims: [{ resource: 'volume', id }],
    quota: volumeQuota(1, 0, null),
    within: async (tx) => {
      const { projectId, userId } = who;
      const { operationId } = request;
      await tx.volume.create({
        data: { id, operationId, projectId, userId, sizeGib: 0, status: 'managing', availabilityZone: 'nova' },
      });
    },
  };
}

export function unmanageVolume(id: string): Made {
  return { ...plain('volumeUnmanage', id), input: {}, claims: [{ resource: 'volume', id }] };
}

export function manageSnapshot(volumeId: string, name: string): Made {
  const created = createSnapshot(volumeId);
  const { resourceId: id } = created;
  return { ...created, kind: 'snapshotManage', input: { snapshotId: id, volumeId, name } };
}

export function unmanageSnapshot(id: string): Made {
  return { ...plain('snapshotUnmanage', id), input: {}, claims: [{ resource: 'snapshot', id }] };
}

export function listManageable(host: string): Made {
  const page = { kind: 'volumes', sortBy: 'size', descending: false, offset: 0, limit: 10, marker: null };
  return { ...plain('manageableList', randomUUID()), input: { host, ...page }, claims: [] };
}

export function migrateVolume(volumeId: string, host: string): Made {
  return {
    ...plain('volumeMigrate', volumeId),
    input: { volumeId, host },
    claims: [{ resource: 'volume', id: volumeId }],
  };
}

export function retypeVolume(volumeId: string, newType: { id: string; name: string }, sizeGib = 1): Made {
  return {
    ...plain('volumeRetype', volumeId),
    input: { volumeId, newTypeId: newType.id, oldTypeId: null, migrationPolicy: 'on-demand' },
    claims: [{ resource: 'volume', id: volumeId }],
    quota: volumeQuota(1, sizeGib, newType.name).filter(({ resource }) => resource.endsWith(`_${newType.name}`)),
  };
}

/** A backup that the database has forgotten; its objects are named by `prefix`. */
export function importBackup(forgotten: { id: string; volumeId: string; container: string; prefix: string }): Made {
  const { id, volumeId, container, prefix } = forgotten;
  const request = plain('backupImport', id);
  const { projectId, userId } = who;
  return {
    ...request,
    input: { backupId: id, preferredHost: 'alpha' },
    claims: [{ resource: 'backup', id }],
    quota: backupQuota(1, 1),
    within: async (tx) => {
      const row = { id, volumeId, container, serviceMetadata: prefix, projectId, userId, sizeGib: 1 };
      await reviveOrInsertBackup(tx, { ...row, availabilityZone: 'nova', operationId: request.operationId });
    },
  };
}

/** What every request has. */
export function plain<Kind extends AcceptRequest['kind']>(kind: Kind, resourceId: string) {
  return { ...who, kind, operationId: randomUUID(), resourceId, reads: [], quota: [] };
}
