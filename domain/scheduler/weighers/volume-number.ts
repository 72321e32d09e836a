// VolumeNumberWeigher: with its negative default multiplier, prefers the pool with the fewest volumes.
import type { Weigher } from './weigher.ts';

export const volumeNumberWeigher: Weigher = (pools) => pools.map((pool) => pool.allocatedVolumes);
