// AllocatedCapacityWeigher: with its negative default multiplier, prefers the pool of which least GiB are promised.
import type { Weigher } from './weigher.ts';

export const allocatedCapacityWeigher: Weigher = (pools) => pools.map((pool) => pool.allocatedGib);
