// Writing down what was taken over: its size, its place, and the quota and space that it uses.
import type { CounterChange } from '../../../domain/quota.ts';
import { volumeQuota } from '../../../domain/quota.ts';
import type { PrismaClient } from '../../generated/client.ts';
import { typeName } from '../operations/ending-parts.ts';
import { holdClaim, type ClaimPair } from '../operations/fence.ts';
import { allocate } from '../capacity/pool-allocation.ts';
import { chargeQuota } from '../capacity/quota-usage.ts';

export interface ManagedVolume {
  readonly claim: ClaimPair;
  readonly volumeId: string;
  /** host@backend#pool, or host@backend of a back-end with one pool. */
  readonly host: string;
  readonly sizeGib: number;
}

/**
 * Gives the volume its size and pool, once: a repeat changes nothing. What is there already takes its space whether the
 * pool had promised it or not. Answers the pool; null when there is none of that name. Throws QuotaExceededError.
 */
export async function recordManaged(
  db: PrismaClient,
  { claim, volumeId, host, sizeGib }: ManagedVolume,
  quotaDefaults: Readonly<Record<string, number>>,
): Promise<string | null> {
  return db.$transaction(async (tx) => {
    await holdClaim(tx, claim);
    const pool = await tx.pool.findFirst({ where: { OR: [{ id: host }, { host }] }, orderBy: { id: 'asc' } });
    if (!pool) return null;
    const volume = await tx.volume.findUniqueOrThrow({ where: { id: volumeId } });
    const name = await typeName(tx, volume.volumeTypeId);
    const missing = gigabytesOf(sizeGib - volume.sizeGib, name);
    await chargeQuota(tx, volume.projectId, missing, quotaDefaults);
    await allocate(tx, { resourceId: volumeId, poolId: pool.id, sizeGib, thick: false, regardless: true });
    await tx.volume.update({ where: { id: volumeId }, data: { sizeGib, host: pool.id } });
    return pool.id;
  });
}

function gigabytesOf(sizeGib: number, name: string | null): CounterChange[] {
  if (sizeGib === 0) return [];
  return volumeQuota(1, sizeGib, name).filter(({ resource }) => resource.startsWith('gigabytes'));
}
