// The volumes that a hint names, and whether one of them lives in a pool.
import type { PoolState, RequestSpec } from './spec.ts';

/** Lower case with dashes, or null for what is no UUID; as Cinder, dashes and case do not matter in a hint. */
function canonicalUuid(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const digits = value.toLowerCase().replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/.test(digits)) return null;
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Ids that a hint names, or null when any of them is no UUID: it is better to refuse than to place it wrongly. */
export function hintedVolumeIds(hint: unknown): readonly string[] | null {
  const values: readonly unknown[] = Array.isArray(hint) ? hint : [hint ?? []].flat();
  const ids = values.map(canonicalUuid);
  return ids.every((id) => id !== null) ? ids : null;
}

/** The first of these volumes that lives in the pool, or undefined. Cinder compares pools here, not back-ends. */
export function volumeIn(pool: PoolState, ids: readonly string[], spec: RequestSpec): string | undefined {
  return ids.find((id) => {
    const host = Object.hasOwn(spec.hintHosts, id) ? spec.hintHosts[id] : undefined;
    return host === pool.id || host === pool.serviceHost;
  });
}
