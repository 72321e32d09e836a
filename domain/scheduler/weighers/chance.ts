// ChanceWeigher: prefers a random pool.
import type { Weigher } from './weigher.ts';

export const chanceWeigher: Weigher = (pools, { random }) => pools.map(() => random());
