// Control steps that choose a pool (ScheduleCreateVolume) and promise capacity.
import { rankPools, type RejectedPool, type ScheduleOptions } from '../domain/scheduler/schedule.ts';
import { StorageError } from '../domain/storage-errors.ts';
import type { PrismaClient } from '../prisma/generated/client.ts';
import type { ClaimPair } from '../prisma/store/operation-fence.ts';
import { currentPlacement, placeVolume, readPools, readRequestSpec, reserveGrowth } from '../prisma/store/placement.ts';
import { fenced } from './fenced.ts';

export interface ScheduleRequest {
  readonly claim: ClaimPair;
  readonly volumeId: string;
  /** Pools that have failed this volume already. */
  readonly excludedPools: readonly string[];
}

export interface GrowthRequest {
  readonly claim: ClaimPair;
  readonly volumeId: string;
  readonly newSizeGib: number;
}

export interface PlacementActivities {
  /** Answers host@backend#pool with the capacity promised. Throws NoValidBackend. */
  scheduleCreateVolume(request: ScheduleRequest): Promise<string>;
  /** Promises the larger size. Throws InsufficientSpace. */
  reserveGrowth(request: GrowthRequest): Promise<void>;
}

export interface PlacementSettings {
  readonly serviceDownTimeS: number;
  readonly scheduler: ScheduleOptions;
}

/** The control worker's scheduler steps on a database. */
export function createPlacementActivities(db: PrismaClient, settings: PlacementSettings): PlacementActivities {
  return {
    scheduleCreateVolume: (request) => scheduleCreateVolume(db, settings, request),
    async reserveGrowth({ claim, volumeId, newSizeGib }) {
      if (await fenced(() => reserveGrowth(db, claim, volumeId, newSizeGib))) return;
      throw new StorageError('InsufficientSpace', `the pool of volume ${volumeId} has no room for ${newSizeGib} GiB`);
    },
  };
}

async function scheduleCreateVolume(
  db: PrismaClient,
  settings: PlacementSettings,
  { claim, volumeId, excludedPools }: ScheduleRequest,
): Promise<string> {
  // A repeat finds what it decided the first time: the storage may already be there.
  const before = await currentPlacement(db, volumeId);
  if (before !== null && !excludedPools.includes(before)) return before;
  const spec = { ...(await readRequestSpec(db, volumeId)), excludedPools: [...excludedPools] };
  const { ranked, rejected } = rankPools(spec, await readPools(db, settings.serviceDownTimeS), settings.scheduler);
  const lost: string[] = [];
  for (const { poolId } of ranked) {
    if (await fenced(() => placeVolume(db, claim, volumeId, poolId, spec.sizeGib))) return poolId;
    lost.push(`${poolId}: others took the room meanwhile`);
  }
  throw new StorageError('NoValidBackend', noValidHost(rejected, lost));
}

/** Cinder's phrase first, because people search for it; then each pool's own reason. */
function noValidHost(rejected: readonly RejectedPool[], lost: readonly string[]): string {
  const shown = rejected.slice(0, 20).map(({ poolId, filter, reason }) => `${poolId}: ${reason} (${filter})`);
  const more = rejected.length > shown.length ? [`and ${rejected.length - shown.length} more`] : [];
  const why = [...lost, ...shown, ...more].join('; ') || 'no back-end has reported yet';
  return `No valid host was found. No weighed backends available: ${why}`;
}
