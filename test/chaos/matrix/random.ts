// Chance that can be repeated: the same seed and the same text give the same number.
import { createHash } from 'node:crypto';

/** 0 ≤ x < 1. */
export function chanceOf(seed: number, text: string): number {
  return createHash('sha256').update(`${seed}/${text}`).digest().readUInt32BE(0) / 2 ** 32;
}

/** In an order that the seed decides. */
export function shuffled<T>(items: readonly T[], seed: number, nameOf: (item: T) => string): readonly T[] {
  const keyed = items.map((item) => ({ item, key: chanceOf(seed, nameOf(item)) }));
  return keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item);
}

/** A stream of such numbers, for a run whose length nobody knows. */
export function randomFrom(seed: number): () => number {
  let drawn = 0;
  return () => chanceOf(seed, String((drawn += 1)));
}
