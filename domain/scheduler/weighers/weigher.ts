// What a weigher is, and how one weigher's numbers are put on a common scale.
import type { PoolState, RequestSpec } from '../spec.ts';

export interface WeighingContext {
  readonly spec: RequestSpec;
  /** This weigher's multiplier: a negative one turns its preference round. */
  readonly multiplier: number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** A number for each pool, in order: finite, and larger is better for a positive multiplier. */
export type Weigher = (pools: readonly PoolState[], context: WeighingContext) => number[];

/** Least and largest of a list of any length; [Infinity, −Infinity] of an empty one. */
export function extremes(values: readonly number[]): readonly [number, number] {
  let least = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < least) least = value;
    if (value > largest) largest = value;
  }
  return [least, largest];
}

/** Scales to 0…1; all 0 when they are all equal. */
export function normalize(weights: readonly number[]): number[] {
  const [least, largest] = extremes(weights);
  if (least === largest) return weights.map(() => 0);
  return weights.map((weight) => (weight - least) / (largest - least));
}
