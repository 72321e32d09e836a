// What must be true of every answer while things die: the statuses there are, and what was promised to this client.
import type { Violations } from './violations.ts';

export type Kind = 'volume' | 'snapshot' | 'backup';

/** A thing that a client was told of with 202, as it must be from then on. */
export interface Promised {
  readonly kind: Kind;
  readonly id: string;
  sizeGib: number;
  /** Sizes that it may show while an extend is under way or has failed. */
  sizes: Set<number>;
  /** Its delete was accepted: it may be gone, and may never be usable again. */
  doomed: boolean;
  /** Seen gone: it must never be seen again. */
  gone: boolean;
}

const shared = ['creating', 'available', 'deleting', 'error', 'error_deleting'];
const statuses: Readonly<Record<Kind, readonly string[]>> = {
  volume: [
    ...shared,
    ...['in-use', 'attaching', 'detaching', 'extending', 'backing-up', 'restoring-backup', 'reserved'],
    ...['error_extending', 'error_attaching', 'error_detaching', 'error_restoring', 'error_backing-up'],
  ],
  snapshot: [...shared, 'backing-up'],
  backup: [...shared, 'restoring'],
};

const doomedStatuses = ['deleting', 'error_deleting'];

/** Compares an answer with the promise; answers the status, or null when it is gone. */
export function compare(
  promised: Promised,
  status: number,
  row: Record<string, unknown> | null,
  violations: Violations,
): string | null {
  const { kind, id } = promised;
  if (status === 404) {
    if (!promised.doomed) violations.add(`${kind} ${id} is gone although nobody deleted it`);
    promised.gone = true;
    return null;
  }
  if (row === null) return null;
  const shown = String(row['status']);
  if (promised.gone) violations.add(`${kind} ${id} was gone and is back as ${shown}`);
  if (!statuses[kind].includes(shown)) violations.add(`${kind} ${id} has the impossible status ${shown}`);
  if (promised.doomed && !doomedStatuses.includes(shown))
    violations.add(`${kind} ${id}, whose delete was accepted, is ${shown}`);
  const size = Number(row['size']);
  if (!promised.sizes.has(size))
    violations.add(`${kind} ${id} has ${size} GiB instead of ${[...promised.sizes].join(' or ')}`);
  return shown;
}
