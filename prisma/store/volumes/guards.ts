// What besides its status keeps a volume from being deleted, found under the lock that keeps it so.
import { lockResource } from '../database/resource-status.ts';
import type { Transaction } from '../database/transaction.ts';

export type DeleteObstacle = 'attached' | 'migrating' | 'in-group' | 'has-snapshots';

/** Migrations that are over, as Cinder counts them. */
const settledMigrations: readonly (string | null)[] = [null, 'deleting', 'error', 'success'];

/**
 * Locks the volume and answers what stands against deleting it; null when nothing does, or when it is gone. Snapshots
 * that are deleted with it (`cascade`) are named in `besides`.
 */
export async function lockForDelete(
  tx: Transaction,
  volumeId: string,
  besides: readonly string[],
): Promise<DeleteObstacle | null> {
  if (!(await lockResource(tx, 'volume', volumeId))) return null;
  const rows = await tx.$queryRaw<
    { attachStatus: string; migrationStatus: string | null; groupId: string | null; hasSnapshots: boolean }[]
  >`
    SELECT attach_status AS "attachStatus", migration_status AS "migrationStatus", group_id AS "groupId",
      EXISTS (SELECT 1 FROM snapshots WHERE volume_id = v.id AND deleted_at IS NULL
        AND id <> ALL (${[...besides]}::uuid[])) AS "hasSnapshots"
    FROM volumes v WHERE id = ${volumeId}::uuid`;
  const [row] = rows;
  if (!row) return null;
  if (row.attachStatus === 'attached') return 'attached';
  if (!settledMigrations.includes(row.migrationStatus)) return 'migrating';
  if (row.groupId !== null) return 'in-group';
  return row.hasSnapshots ? 'has-snapshots' : null;
}

/** Ids of the volume's live snapshots: what a cascading delete takes along. */
export async function snapshotIdsOf(db: Transaction, volumeId: string): Promise<readonly string[]> {
  const snapshots = await db.snapshot.findMany({ where: { volumeId, deletedAt: null }, select: { id: true } });
  return snapshots.map(({ id }) => id);
}

export interface MovableVolume {
  readonly host: string | null;
  readonly typeId: string | null;
  readonly sizeGib: number;
  readonly groupId: string | null;
  readonly migrating: boolean;
  readonly hasSnapshots: boolean;
}

/** Locks the volume and answers what decides whether it may be migrated or retyped; null when it is gone. */
export async function lockForMove(tx: Transaction, volumeId: string): Promise<MovableVolume | null> {
  if (!(await lockResource(tx, 'volume', volumeId))) return null;
  const volume = await tx.volume.findUniqueOrThrow({ where: { id: volumeId } });
  return {
    host: volume.host,
    typeId: volume.volumeTypeId,
    sizeGib: volume.sizeGib,
    groupId: volume.groupId,
    migrating: !settledMigrations.includes(volume.migrationStatus),
    hasSnapshots: (await tx.snapshot.count({ where: { volumeId, deletedAt: null } })) > 0,
  };
}

/** What Cinder shows of a migration that has been accepted. */
export async function noteMigrationStart(tx: Transaction, volumeId: string): Promise<void> {
  await tx.volume.updateMany({ where: { id: volumeId }, data: { migrationStatus: 'starting' } });
}
