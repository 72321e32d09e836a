// Control steps that choose a pool (ScheduleCreateVolume) and promise capacity.
import { rankPools, type RankedPool, type RejectedPool, type ScheduleOptions } from '../domain/scheduler/schedule.ts';
import { asksForThick } from '../domain/scheduler/capacity.ts';
import { explainRejections } from '../domain/scheduler/explain.ts';
import type { PoolState, RequestSpec } from '../domain/scheduler/spec.ts';
import { StorageError } from '../domain/storage-errors.ts';
import type { PrismaClient } from '../prisma/generated/client.ts';
import type { ClaimPair } from '../prisma/store/operations/fence.ts';
import { placeVolume, readPools, readWish, reserveGrowth } from '../prisma/store/capacity/placement.ts';
import { backendPaused } from './backends.ts';
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
  /** Promises the larger size. Throws NoValidBackend. */
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
      const thick = asksForThick((await readWish(db, volumeId)).spec);
      if (await fenced(() => reserveGrowth(db, claim, { volumeId, newSizeGib, thick }))) return;
      throw new StorageError('NoValidBackend', `the pool of volume ${volumeId} has no room for ${newSizeGib} GiB`);
    },
  };
}

async function scheduleCreateVolume(
  db: PrismaClient,
  settings: PlacementSettings,
  { claim, volumeId, excludedPools }: ScheduleRequest,
): Promise<string> {
  // A repeat finds what it decided the first time: the storage may already be there.
  const wish = await readWish(db, volumeId);
  const { placedOn } = wish;
  if (placedOn !== null && !excludedPools.includes(placedOn)) return placedOn;
  const spec = { ...wish.spec, excludedPools };
  const thick = asksForThick(spec);
  for (let round = 0; round < maxRounds; round += 1) {
    const pools = await readPools(db, settings.serviceDownTimeS);
    const { ranked, rejected } = rankPools(spec, pools, settings.scheduler);
    if (ranked.length === 0) {
      refuseWhilePaused(pools, (released) => rankPools(spec, released, settings.scheduler).ranked);
      throw new StorageError('NoValidBackend', noValidHost(spec, rejected));
    }
    // Others may have taken the room since the pools were read: try a few, then look again.
    for (const { poolId } of ranked.slice(0, triesBeforeLookingAgain)) {
      const wanted = { resourceId: volumeId, poolId, sizeGib: spec.sizeGib, thick };
      if (await fenced(() => placeVolume(db, claim, wanted, placedOn))) return poolId;
    }
  }
  throw new StorageError('Busy', `${maxRounds} times others took the room that was left; trying again`);
}

/** Throws BackendPaused when there would be a place, were it not for pauses: the request waits for one of those. */
export function refuseWhilePaused(
  pools: readonly PoolState[],
  rank: (pools: readonly PoolState[]) => readonly RankedPool[],
): void {
  if (pools.every(({ pausedBecause }) => pausedBecause == null)) return;
  const places = new Set(rank(pools.map((pool) => ({ ...pool, pausedBecause: null }))).map(({ poolId }) => poolId));
  const hosts = [...new Set(pools.filter(({ id }) => places.has(id)).map(({ serviceHost }) => serviceHost))];
  if (hosts.length > 0) throw backendPaused(`paused: ${hosts.join(', ')}`, { hosts, untouched: true });
}

const triesBeforeLookingAgain = 3;
const maxRounds = 10;

/** Cinder's phrase first, because people search for it; then why each filter refused. For operators: it names hosts. */
function noValidHost(spec: RequestSpec, rejected: readonly RejectedPool[]): string {
  const why = rejected.length > 0 ? explainRejections(spec, rejected) : 'no back-end has reported yet';
  return `No valid host was found. No weighed backends available: ${why}`;
}
