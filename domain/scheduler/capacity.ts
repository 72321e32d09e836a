// How much of a pool may be promised, and how much of that is left.
import type { PoolState, RequestSpec } from './spec.ts';

/**
 * The most GiB that may be promised of a pool: total × (100 − reserved) / 100 × ratio, rounded down; Infinity when the
 * total is infinite. The conditional update in prisma/store computes the same, in the same order, so that both agree
 * to the last bit: allocated + size ≤ ceiling. `thick` leaves the ratio out (`provisioning:type=thick`).
 */
export function capacityCeilingGib(pool: PoolState, thick = false): number {
  if (pool.totalGib === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  const ratio = pool.thinProvisioning && !thick ? pool.maxOverSubscriptionRatio : 1;
  return Math.floor(((pool.totalGib * (100 - pool.reservedPercentage)) / 100) * ratio);
}

/** True when the type asks for thick volumes, to which over-subscription does not apply. */
export function asksForThick(spec: RequestSpec): boolean {
  return spec.extraSpecs['provisioning:type'] === 'thick';
}

/**
 * Cinder's virtual free capacity, in GiB: what may still be promised; for thick volumes no more than what is free.
 * https://docs.openstack.org/cinder/latest/admin/over-subscription.html
 */
export function virtualFreeGib(spec: RequestSpec, pool: PoolState): number {
  const thick = asksForThick(spec) || !pool.thinProvisioning;
  const unpromisedGib = capacityCeilingGib(pool, thick) - pool.allocatedGib;
  return thick ? Math.min(unpromisedGib, pool.freeGib) : unpromisedGib;
}

/** A number of GiB for people: at most two decimals. */
export function showGib(sizeGib: number): string {
  return `${Number.isFinite(sizeGib) ? Math.round(sizeGib * 100) / 100 : sizeGib} GiB`;
}
