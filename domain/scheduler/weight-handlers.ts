// How the weighers' numbers become an order of the pools: the heaviest first, or a lottery with the weights as odds.
import type { PoolState } from './spec.ts';
import { extremes, normalize } from './weighers/weigher.ts';

export interface WeighedPool {
  readonly pool: PoolState;
  readonly weight: number;
}

interface WeightHandler {
  /** Puts one weigher's numbers on the scale on which they are added up. */
  readonly scale: (weights: readonly number[]) => readonly number[];
  readonly order: (pools: readonly WeighedPool[], random: (() => number) | null) => WeighedPool[];
}

/** Among equals, chance keeps a burst from falling on one pool; without it, the emptiest comes first. */
function ordered(pools: readonly WeighedPool[], random: (() => number) | null): WeighedPool[] {
  const drawn = pools.map((weighed) => ({ weighed, draw: random?.() ?? 0 }));
  drawn.sort(
    ({ weighed: left, draw: leftDraw }, { weighed: right, draw: rightDraw }) =>
      right.weight - left.weight ||
      leftDraw - rightDraw ||
      left.pool.allocatedVolumes - right.pool.allocatedVolumes ||
      left.pool.allocatedGib - right.pool.allocatedGib ||
      (left.pool.id < right.pool.id ? -1 : 1),
  );
  return drawn.map(({ weighed }) => weighed);
}

/**
 * Each pool is first with a probability proportional to its weight, and so on down the list: sorted by an exponential
 * draw of rate `weight` (Efraimidis and Spirakis, Weighted random sampling, 2006). Cinder draws its winner with the
 * same odds and leaves the others in place. Should a weight be negative, all are raised until none is.
 */
function lottery(pools: readonly WeighedPool[], random: (() => number) | null): WeighedPool[] {
  if (random === null) return ordered(pools, random);
  const [least] = extremes(pools.map(({ weight }) => weight));
  const raiseBy = Math.max(0, -least);
  const drawn = pools.map((weighed) => {
    const wait = -Math.log(1 - random());
    const odds = weighed.weight + raiseBy;
    return { weighed, odds, wait: odds > 0 ? wait / odds : wait };
  });
  drawn.sort((left, right) => Number(right.odds > 0) - Number(left.odds > 0) || left.wait - right.wait);
  return drawn.map(({ weighed }) => weighed);
}

/** By the class names that end Cinder's `scheduler_weight_handler`. */
export const weightHandlers = {
  OrderedHostWeightHandler: { scale: normalize, order: ordered },
  // Normalizing would give the lightest pool no chance at all.
  StochasticHostWeightHandler: { scale: (weights) => weights, order: lottery },
} as const satisfies Record<string, WeightHandler>;

export type WeightHandlerName = keyof typeof weightHandlers;
