// Says in a few lines why no pool was found, however many there were.
import type { RejectedPool } from './schedule.ts';
import type { RequestSpec } from './spec.ts';

const examplesPerFilter = 3;
const longestReason = 300;

function groupLine(filter: string, rows: readonly RejectedPool[]): string {
  const examples = rows.slice(0, examplesPerFilter).map(({ poolId, reason }) => {
    const short = reason.length > longestReason ? `${reason.slice(0, longestReason)}…` : reason;
    return `${poolId} ${short}`;
  });
  const more = rows.length - examples.length;
  return `${filter}: ${examples.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

/**
 * One line per filter that said no, with a few of its pools, for logs and current details. It names hosts, so it is for
 * operators, not for tenants. A clone's line about all the other pools is left out: only its source's pool could do.
 */
export function explainRejections(spec: RequestSpec, rejected: readonly RejectedPool[]): string {
  if (rejected.length === 0) return 'No back-end has reported a pool.';
  const byFilter = new Map<string, RejectedPool[]>();
  for (const row of rejected) {
    const rows = byFilter.get(row.filter);
    if (rows) rows.push(row);
    else byFilter.set(row.filter, [row]);
  }
  const elsewhere = byFilter.get('PinnedBackend')?.length ?? 0;
  if (elsewhere === rejected.length)
    return `It must go to ${spec.pinnedHost}, where its source is: no such pool is reported.`;
  byFilter.delete('PinnedBackend');
  return [...byFilter].map(([filter, rows]) => groupLine(filter, rows)).join('\n');
}
