// Placing a volume: the pools as the scheduler sees them, and the transaction that gives a volume its pool.
import { serviceHostOf } from '../../../domain/backend-host.ts';
import { hintedVolumeIds } from '../../../domain/scheduler/affinity.ts';
import type { PoolState, RequestSpec } from '../../../domain/scheduler/spec.ts';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { PrismaClient } from '../../generated/client.ts';
import { holdClaim, StaleClaimError, type ClaimPair } from '../operations/fence.ts';
import { allocate, promiseFirst, type Allocation } from './pool-allocation.ts';
import { isDuplicate } from '../database/transaction.ts';

/** Every pool with its service's state; `serviceUp` by `serviceDownTimeS` since the last report. */
export async function readPools(db: PrismaClient, serviceDownTimeS: number): Promise<PoolState[]> {
  const rows = await db.$queryRaw<Omit<PoolState, 'multiattach'>[]>`
    SELECT pool.id, pool.host AS "serviceHost", pool.total_gib AS "totalGib", pool.free_gib AS "freeGib",
      pool.allocated_gib AS "allocatedGib", pool.allocated_volumes AS "allocatedVolumes",
      pool.reserved_percentage AS "reservedPercentage", pool.max_over_subscription_ratio AS "maxOverSubscriptionRatio",
      pool.thin_provisioning AS "thinProvisioning", pool.capabilities, service.availability_zone AS "availabilityZone",
      service.reported_at >= now() - make_interval(secs => ${serviceDownTimeS}::int) AS "serviceUp",
      service.disabled AS "serviceDisabled", service.disabled_reason AS "disabledReason", service.frozen,
      pause.reason AS "pausedBecause"
    FROM pools AS pool JOIN services AS service ON service.binary = 'cinder-volume' AND service.host = pool.host
    LEFT JOIN backend_pauses AS pause ON pause.host = pool.host AND pause.released_at IS NULL`;
  return rows.map((pool) => ({ ...pool, multiattach: pool.capabilities['multiattach'] === true }));
}

/** A volume that is to be placed. */
export interface PlacementWish {
  readonly spec: RequestSpec;
  /** The pool it has been given by an earlier run of its operation, or null. */
  readonly placedOn: string | null;
}

interface WishRow {
  readonly sizeGib: number;
  readonly availabilityZone: string;
  readonly multiattach: boolean;
  readonly projectId: string;
  readonly schedulerHints: RequestSpec['schedulerHints'] | null;
  readonly volumeTypeName: string | null;
  readonly extraSpecs: Record<string, string> | null;
  readonly pinnedHost: string | null;
  readonly groupHost: string | null;
  readonly placedOn: string | null;
}

/** What the scheduler has to know about a volume that is to be placed (Cinder's ExtractSchedulerSpec). */
export async function readWish(db: PrismaClient, volumeId: string): Promise<PlacementWish> {
  const [row] = await db.$queryRaw<WishRow[]>`
    SELECT volume.size_gib AS "sizeGib", volume.availability_zone AS "availabilityZone", volume.multiattach,
      volume.project_id AS "projectId", volume.scheduler_hints AS "schedulerHints", type.name AS "volumeTypeName",
      type.extra_specs AS "extraSpecs", source.host AS "pinnedHost", volume_group.host AS "groupHost",
      promise.pool_id AS "placedOn"
    FROM volumes AS volume
    LEFT JOIN volume_types AS type ON type.id = volume.volume_type_id
    LEFT JOIN snapshots AS snapshot ON snapshot.id = volume.snapshot_id
    LEFT JOIN volumes AS source ON source.id = coalesce(volume.source_volume_id, snapshot.volume_id)
    LEFT JOIN volume_groups AS volume_group ON volume_group.id = volume.group_id
    LEFT JOIN pool_allocations AS promise ON promise.resource_id = volume.id
    WHERE volume.id = ${volumeId}::uuid`;
  if (!row) throw new Error(`there is no volume ${volumeId}`);
  const { placedOn, projectId, schedulerHints, extraSpecs, groupHost, ...wish } = row;
  // The host@backend that a group's volumes share.
  const pinnedHost = wish.pinnedHost ?? (groupHost === null ? null : serviceHostOf(groupHost));
  const hints = schedulerHints ?? {};
  const hintHosts = await hostsOfHinted(db, projectId, hints);
  const rest = { excludedPools: [], instanceHost: null };
  return {
    placedOn,
    spec: { volumeId, ...wish, pinnedHost, extraSpecs: extraSpecs ?? {}, schedulerHints: hints, hintHosts, ...rest },
  };
}

/** A hint that is not made of ids names no volume; its filter says so. Others' volumes are nobody's business. */
async function hostsOfHinted(
  db: PrismaClient,
  projectId: string,
  hints: RequestSpec['schedulerHints'],
): Promise<Record<string, string>> {
  const named = [hints.different_host, hints.same_host].flatMap((hint) => hintedVolumeIds(hint) ?? []);
  if (named.length === 0) return {};
  const hinted = await db.volume.findMany({ where: { id: { in: [...named] }, projectId, deletedAt: null } });
  return Object.fromEntries(hinted.flatMap((row) => (row.host ? [[row.id, row.host]] : [])));
}

/**
 * Gives the volume its pool if the pool still has room: promise and host together, under the claim. `placedOn` is the
 * pool it had before, which is given up. Throws StaleClaimError when the claim is no longer in force.
 */
export async function placeVolume(
  db: PrismaClient,
  claim: ClaimPair,
  wanted: Allocation,
  placedOn: string | null,
): Promise<boolean> {
  if (placedOn === null) {
    const outcome = await promiseFirst(db, claim, wanted).catch((error: unknown) => {
      if (!isDuplicate(error)) throw error;
      // A slow try of the same step was first; another try finds what it decided.
      throw new StorageError('Busy', `volume ${wanted.resourceId} has just been placed`);
    });
    if (outcome === 'stale') throw new StaleClaimError(claim);
    return outcome === 'placed';
  }
  return db.$transaction(async (tx) => {
    await holdClaim(tx, claim);
    if (!(await allocate(tx, wanted))) return false;
    await tx.volume.updateMany({ where: { id: wanted.resourceId }, data: { host: wanted.poolId } });
    return true;
  });
}

/** The pool that has promised space to a resource (a volume, or the copy that an operation makes), or null. */
export async function currentPlacement(db: PrismaClient, resourceId: string): Promise<string | null> {
  const row = await db.poolAllocation.findUnique({ where: { resourceId } });
  return row?.poolId ?? null;
}

/** Promises the larger size to a volume that grows; false when its pool has no room for it. */
export async function reserveGrowth(
  db: PrismaClient,
  claim: ClaimPair,
  growth: { readonly volumeId: string; readonly newSizeGib: number; readonly thick: boolean },
): Promise<boolean> {
  return db.$transaction(async (tx) => {
    await holdClaim(tx, claim);
    const { host: poolId } = await tx.volume.findUniqueOrThrow({ where: { id: growth.volumeId } });
    if (poolId === null) return false;
    return allocate(tx, { resourceId: growth.volumeId, poolId, sizeGib: growth.newSizeGib, thick: growth.thick });
  });
}
