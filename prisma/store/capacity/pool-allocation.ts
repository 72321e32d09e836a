// What each pool has promised: changed only here, conditionally, and once per resource however often it is asked.
import { Prisma } from '../../generated/client.ts';
import type { ClaimPair } from '../operations/fence.ts';

export interface Allocation {
  readonly resourceId: string;
  readonly poolId: string;
  readonly sizeGib: number;
  /** Takes its whole size at once: over-subscription does not count for it. */
  readonly thick: boolean;
  /** True for what is in the pool already, room or not. */
  readonly regardless?: boolean;
}

/** True for a pool that can take so much more. */
const hasRoom = (deltaGib: number, thick: boolean): Prisma.Sql => Prisma.sql`
  (${deltaGib} <= 0 OR allocated_gib + ${deltaGib} <= floor(
    total_gib * (100 - reserved_percentage) / 100.0
    * CASE WHEN thin_provisioning AND NOT ${thick} THEN max_over_subscription_ratio ELSE 1 END))`;

/**
 * Gives a volume its first place in one statement, under the claim: operation and pool are locked in that order, and the
 * promise and the volume's host are written if the pool has the room. A volume that has a promise by now fails on its key.
 */
export async function promiseFirst(
  db: Prisma.TransactionClient,
  claim: ClaimPair,
  { resourceId, poolId, sizeGib, thick }: Allocation,
): Promise<'placed' | 'full' | 'stale'> {
  const rows = await db.$queryRaw<{ claimed: boolean; placed: boolean }[]>`
    WITH claim AS (
      SELECT id FROM operations
      WHERE id = ${claim.operationId}::uuid AND epoch = ${BigInt(claim.epoch)} AND state = 'running' FOR UPDATE),
    room AS (
      UPDATE pools SET allocated_gib = allocated_gib + ${sizeGib}, allocated_volumes = allocated_volumes + 1
      FROM claim WHERE pools.id = ${poolId} AND ${hasRoom(sizeGib, thick)} RETURNING pools.id),
    promise AS (
      INSERT INTO pool_allocations (resource_id, pool_id, size_gib) SELECT ${resourceId}::uuid, id, ${sizeGib} FROM room),
    place AS (UPDATE volumes SET host = room.id FROM room WHERE volumes.id = ${resourceId}::uuid)
    SELECT EXISTS (SELECT FROM claim) AS claimed, EXISTS (SELECT FROM room) AS placed`;
  const [row] = rows;
  if (!row?.claimed) return 'stale';
  return row.placed ? 'placed' : 'full';
}

/**
 * Promises a part of the pool to a resource. Answers false when the pool has not that much left.
 * A resource that had a promise already (another pool, another size) gives that one up in the same transaction.
 */
export async function allocate(
  tx: Prisma.TransactionClient,
  { resourceId, poolId, sizeGib, thick, regardless = false }: Allocation,
): Promise<boolean> {
  const before = await tx.poolAllocation.findUnique({ where: { resourceId } });
  if (before?.poolId === poolId && before.sizeGib === sizeGib) return true;
  const samePool = before?.poolId === poolId;
  const deltaGib = sizeGib - (samePool ? before.sizeGib : 0);
  const deltaVolumes = samePool ? 0 : 1;
  const changed = await tx.$executeRaw`
    UPDATE pools SET allocated_gib = allocated_gib + ${deltaGib}, allocated_volumes = allocated_volumes + ${deltaVolumes}
    WHERE id = ${poolId} AND (${regardless} OR ${hasRoom(deltaGib, thick)})`;
  if (changed === 0) return false;
  if (before && !samePool) await takeBack(tx, before.poolId, before.sizeGib);
  await tx.$executeRaw`
    INSERT INTO pool_allocations (resource_id, pool_id, size_gib) VALUES (${resourceId}::uuid, ${poolId}, ${sizeGib})
    ON CONFLICT (resource_id) DO UPDATE SET pool_id = excluded.pool_id, size_gib = excluded.size_gib`;
  return true;
}

/** Gives back what a resource was promised beyond `sizeGib`: its growth has not come about. */
export async function shrinkTo(tx: Prisma.TransactionClient, resourceId: string, sizeGib: number): Promise<void> {
  const before = await tx.poolAllocation.findUnique({ where: { resourceId } });
  if (!before || before.sizeGib <= sizeGib) return;
  const { poolId } = before;
  await tx.$executeRaw`
    UPDATE pools SET allocated_gib = allocated_gib - ${before.sizeGib - sizeGib} WHERE id = ${poolId}`;
  await tx.poolAllocation.update({ where: { resourceId }, data: { sizeGib } });
}

/** Gives a resource's promise back; one that has none is given back already. */
export async function release(tx: Prisma.TransactionClient, resourceId: string): Promise<void> {
  const rows = await tx.$queryRaw<{ pool_id: string; size_gib: number }[]>`
    DELETE FROM pool_allocations WHERE resource_id = ${resourceId}::uuid RETURNING pool_id, size_gib`;
  const row = rows[0];
  if (row) await takeBack(tx, row.pool_id, row.size_gib);
}

async function takeBack(tx: Prisma.TransactionClient, poolId: string, sizeGib: number): Promise<void> {
  await tx.$executeRaw`
    UPDATE pools SET allocated_gib = allocated_gib - ${sizeGib}, allocated_volumes = allocated_volumes - 1
    WHERE id = ${poolId}`;
}
