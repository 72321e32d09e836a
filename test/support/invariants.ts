// What must be true whenever no operation is running: nothing held, nothing left over, counters equal to the rows.
import { readdir } from 'node:fs/promises';
import { expect } from 'vitest';
import { auditCounters } from '../../prisma/store/audit/counters.ts';
import { serviceHostOf } from '../../domain/backend-host.ts';
import type { Lab, LabBackend } from './lab.ts';

/** Statuses that only a running operation may show. */
const busy = [
  'creating',
  'deleting',
  'extending',
  'attaching',
  'detaching',
  'backing-up',
  'restoring',
  'restoring-backup',
  'reverting',
  'managing',
  'unmanaging',
  'maintenance',
  'retyping',
  'updating',
  'uploading',
  'downloading',
];

/** The objects of whole backups, and no others, are in the store. */
export async function expectOnlyWholeBackups({ db }: Pick<Lab, 'db'>, store: string): Promise<void> {
  const whole = await db.backup.findMany({ where: { deletedAt: null, status: 'available' } });
  const entries = await readdir(store, { recursive: true, withFileTypes: true });
  const ids = new Set(
    entries.filter((entry) => entry.isFile()).map(({ name }) => /_backup_([0-9a-f-]{36})/.exec(name)?.[1] ?? name),
  );
  // What an import that was given up did not take over stays in the store, too.
  const unsure = await db.backup.findMany({
    where: { OR: [{ status: 'error_deleting' }, { status: 'error', serviceMetadata: { not: null } }] },
  });
  const certain = [...ids].filter((id) => !unsure.some((backup) => backup.id === id));
  expect(certain.toSorted(), 'backups in the store').toEqual(whole.map((backup) => backup.id).toSorted());
}

/** Checks the database and every given back-end. Paused operations keep what they hold; there must be none here. */
export async function expectNothingLeft(
  { db }: Pick<Lab, 'db'>,
  backends: readonly Pick<LabBackend, 'host' | 'backend' | 'driver'>[],
): Promise<void> {
  expect(await db.operation.findMany({ where: { finishedAt: null } }), 'unfinished operations').toEqual([]);
  expect(await db.operationResource.findMany({ where: { held: true } }), 'resources still held').toEqual([]);
  const volumes = await db.volume.findMany({ where: { deletedAt: null } });
  const snapshots = await db.snapshot.findMany({ where: { deletedAt: null } });
  const backups = await db.backup.findMany({ where: { deletedAt: null } });
  const attachments = await db.attachment.findMany({ where: { deletedAt: null } });
  const groups = await db.volumeGroup.findMany({ where: { deletedAt: null } });
  const groupSnapshots = await db.groupSnapshot.findMany({ where: { deletedAt: null } });
  const owned = [...volumes, ...snapshots, ...backups, ...attachments, ...groups, ...groupSnapshots].filter(
    (row) => row.operationId !== null,
  );
  expect(owned, 'rows that an operation still owns').toEqual([]);
  const statuses = [...volumes, ...snapshots, ...backups, ...groups, ...groupSnapshots].map((row) => row.status);
  expect(
    statuses.filter((status) => busy.includes(status)),
    'statuses of a running operation',
  ).toEqual([]);
  expect(await auditCounters(db), 'counters that differ from the rows').toEqual([]);
  const unmanaged = await unmanagedIds(db);
  const ours = (ids: readonly string[]): string[] => ids.filter((id) => !unmanaged.has(id));
  const hosts = new Map(volumes.map((volume) => [volume.id, volume.host]));
  for (const { host, backend, driver } of backends) {
    const here = (volumeId: string): boolean => {
      const address = hosts.get(volumeId);
      return address != null && serviceHostOf(address) === `${host}@${backend}`;
    };
    const found = await driver.listObjects();
    expectObjects(
      `volumes on ${host}@${backend}`,
      ours(found.volumeIds),
      volumes.filter((row) => here(row.id)),
    );
    expectObjects(
      `snapshots on ${host}@${backend}`,
      ours(found.snapshotIds),
      snapshots.filter((row) => here(row.volumeId)),
    );
  }
}

/** What was given out of Scoria's hands stays on its back-end. */
async function unmanagedIds(db: Lab['db']): Promise<ReadonlySet<string>> {
  const given = await db.operation.findMany({
    where: { kind: { in: ['volumeUnmanage', 'snapshotUnmanage'] }, state: 'succeeded' },
  });
  return new Set(given.map(({ resourceId }) => resourceId));
}

/**
 * A resource in `error` has nothing on a back-end, unless it has been something before (a volume half reverted); one
 * whose delete or restore was cut off may or may not.
 */
function expectObjects(
  what: string,
  found: readonly string[],
  rows: readonly { id: string; status: string; host?: string | null }[],
): void {
  const isUnsure = ({ status, host }: (typeof rows)[number]): boolean =>
    (status.startsWith('error_') && status !== 'error_managing') || (status === 'error' && host != null);
  const unsure = rows.filter(isUnsure).map((row) => row.id);
  const whole = rows.filter((row) => !row.status.startsWith('error')).map((row) => row.id);
  expect(found.filter((id) => !unsure.includes(id)).toSorted(), what).toEqual(whole.toSorted());
}
