// Placing a volume: the pools as the scheduler sees them, and the transaction that gives a volume its pool.
import { serviceHostOf } from '../../../domain/backend-host.ts';
import { hintedVolumeIds } from '../../../domain/scheduler/affinity.ts';
import type { PoolState, RequestSpec } from '../../../domain/scheduler/spec.ts';
import type { PrismaClient } from '../../generated/client.ts';
import { holdClaim, type ClaimPair } from '../operations/fence.ts';
import { allocate, type Allocation } from './pool-allocation.ts';

/** Every pool with its service's state; `serviceUp` by `serviceDownTimeS` since the last report. */
export async function readPools(db: PrismaClient, serviceDownTimeS: number): Promise<PoolState[]> {
  const [pools, services] = await Promise.all([
    db.pool.findMany(),
    db.service.findMany({ where: { binary: 'cinder-volume' } }),
  ]);
  const byHost = new Map(services.map((service) => [service.host, service]));
  const oldest = Date.now() - serviceDownTimeS * 1000;
  return pools.flatMap((pool) => {
    const service = byHost.get(pool.host);
    if (!service) return [];
    const capabilities = pool.capabilities as Record<string, unknown>;
    return [
      {
        ...pool,
        serviceHost: pool.host,
        availabilityZone: service.availabilityZone,
        serviceUp: service.reportedAt.getTime() >= oldest,
        serviceDisabled: service.disabled,
        disabledReason: service.disabledReason,
        frozen: service.frozen,
        multiattach: capabilities['multiattach'] === true,
        capabilities,
      },
    ];
  });
}

/** What the scheduler has to know about a volume that is to be placed (Cinder's ExtractSchedulerSpec). */
export async function readRequestSpec(db: PrismaClient, volumeId: string): Promise<RequestSpec> {
  const volume = await db.volume.findUniqueOrThrow({ where: { id: volumeId } });
  const type = volume.volumeTypeId ? await db.volumeType.findUnique({ where: { id: volume.volumeTypeId } }) : null;
  const hints = (volume.schedulerHints ?? {}) as RequestSpec['schedulerHints'];
  // A hint that is not made of ids names no volume; its filter says so. Others' volumes are nobody's business.
  const named = [hints.different_host, hints.same_host].flatMap((hint) => hintedVolumeIds(hint) ?? []);
  const { projectId } = volume;
  const hinted = named.length
    ? await db.volume.findMany({ where: { id: { in: [...named] }, projectId, deletedAt: null } })
    : [];
  const sourceId = volume.sourceVolumeId ?? (await snapshotVolumeId(db, volume.snapshotId));
  const source = sourceId ? await db.volume.findUnique({ where: { id: sourceId } }) : null;
  return {
    volumeId,
    sizeGib: volume.sizeGib,
    availabilityZone: volume.availabilityZone,
    extraSpecs: (type?.extraSpecs ?? {}) as Record<string, string>,
    volumeTypeName: type?.name ?? null,
    multiattach: volume.multiattach,
    schedulerHints: hints,
    pinnedHost: source?.host ?? (await groupBackend(db, volume.groupId)),
    hintHosts: Object.fromEntries(hinted.flatMap((row) => (row.host ? [[row.id, row.host]] : []))),
    excludedPools: [],
    instanceHost: null,
  };
}

/** host@backend that a group's volumes share. */
async function groupBackend(db: PrismaClient, groupId: string | null): Promise<string | null> {
  if (groupId === null) return null;
  const group = await db.volumeGroup.findUnique({ where: { id: groupId }, select: { host: true } });
  return group?.host ? serviceHostOf(group.host) : null;
}

async function snapshotVolumeId(db: PrismaClient, snapshotId: string | null): Promise<string | null> {
  if (!snapshotId) return null;
  const snapshot = await db.snapshot.findUnique({ where: { id: snapshotId }, select: { volumeId: true } });
  return snapshot?.volumeId ?? null;
}

/**
 * Gives the volume its pool if the pool still has room: promise and host in one transaction, under the claim.
 * Throws StaleClaimError when the claim is no longer in force.
 */
export async function placeVolume(db: PrismaClient, claim: ClaimPair, wanted: Allocation): Promise<boolean> {
  return db.$transaction(async (tx) => {
    await holdClaim(tx, claim);
    if (!(await allocate(tx, wanted))) return false;
    await tx.volume.updateMany({ where: { id: wanted.resourceId }, data: { host: wanted.poolId } });
    return true;
  });
}

/** The pool a volume has been given by an earlier run of its operation, or null. */
export async function currentPlacement(db: PrismaClient, volumeId: string): Promise<string | null> {
  const row = await db.poolAllocation.findUnique({ where: { resourceId: volumeId } });
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
