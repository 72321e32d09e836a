// CapacityFilter: only pools that can still promise the size asked for.
import { asksForThick, capacityCeilingGib, showGib } from '../capacity.ts';
import type { PoolState, SchedulerFilter } from '../spec.ts';

/** What a driver reports, looked at before anything is computed from it. */
function badReport(pool: PoolState, thin: boolean): string | null {
  if (Number.isNaN(pool.freeGib) || Number.isNaN(pool.totalGib)) return 'has not reported its capacity';
  if (pool.totalGib <= 0) return `reports a total capacity of ${showGib(pool.totalGib)}`;
  if (thin && !(pool.maxOverSubscriptionRatio >= 1)) {
    return `has max_over_subscription_ratio ${pool.maxOverSubscriptionRatio}; it must be at least 1`;
  }
  const totalUnknown = pool.totalGib === Number.POSITIVE_INFINITY && pool.freeGib !== Number.POSITIVE_INFINITY;
  if (totalUnknown && pool.reservedPercentage !== 0) {
    return `reserves ${pool.reservedPercentage} % of a total capacity that it does not report`;
  }
  return null;
}

/**
 * The counter of promises decides. Reported free space is a plain check beside it, never reduced by promises: what is
 * written already is missing from it, so that subtracting would count it twice. A thin pool may promise its free space
 * times the ratio to one volume.
 */
export const capacityFilter: SchedulerFilter = (spec) => {
  const { sizeGib } = spec;
  if (sizeGib === 0) return null;
  const thick = asksForThick(spec);
  return (pool) => {
    const thin = pool.thinProvisioning && !thick;
    const bad = badReport(pool, thin);
    if (bad !== null) return bad;
    const ceilingGib = capacityCeilingGib(pool, thick);
    const ratio = thin ? pool.maxOverSubscriptionRatio : 1;
    if (!(pool.allocatedGib + sizeGib <= ceilingGib)) {
      return (
        `needs ${showGib(sizeGib)}, has ${showGib(ceilingGib - pool.allocatedGib)} left to promise: ` +
        `${showGib(pool.allocatedGib)} of ${showGib(ceilingGib)} are taken ` +
        `(total ${showGib(pool.totalGib)}, ${pool.reservedPercentage} % reserved, over-subscription ratio ${ratio})`
      );
    }
    if (pool.freeGib * ratio < sizeGib) {
      return `needs ${showGib(sizeGib)}, reports only ${showGib(pool.freeGib)} free (over-subscription ratio ${ratio})`;
    }
    return null;
  };
};
