// CapacityWeigher: prefers the pool that can still promise most.
import { virtualFreeGib } from '../capacity.ts';
import { extremes, type Weigher } from './weigher.ts';

/** Cinder's distances between the largest known capacity and an infinite one. */
const offsetGib = 10_000;
const offsetFactor = 100;

/**
 * A pool that does not report its capacity comes last: below all when the most capacity is preferred, and far above
 * all when the least is.
 */
export const capacityWeigher: Weigher = (pools, { spec, multiplier }) => {
  const weights = pools.map((pool) => {
    const known = Number.isFinite(pool.totalGib) && Number.isFinite(pool.freeGib);
    return known ? virtualFreeGib(spec, pool) : Number.POSITIVE_INFINITY;
  });
  const known = weights.filter(Number.isFinite);
  if (known.length === 0) return weights.map(() => 0);
  const [least, largest] = extremes(known);
  const unknown = multiplier > 0 ? Math.min(-1, least) : largest + ((largest - least) * offsetFactor || offsetGib);
  return weights.map((weight) => (Number.isFinite(weight) ? weight : unknown));
};
