// Quota use: one counter row per project and resource, changed in the transaction that makes or deletes what it counts.
import type { Prisma } from '../../generated/client.ts';
import { QuotaExceededError, type QuotaChange } from '../operations/accept-types.ts';
import { classOwner, defaultClass } from './quotas.ts';

interface Counter {
  readonly resource: string;
  readonly inUse: bigint;
  /** The project's own limit, or else that of the default class; null when neither is set. */
  readonly limit: number | null;
}

/** Adds the changes to the project's counters, in one order for all (no deadlocks), and answers what they are now. */
async function addToCounters(
  tx: Prisma.TransactionClient,
  projectId: string,
  changes: readonly QuotaChange[],
): Promise<Map<string, Counter>> {
  const sorted = [...changes].sort((left, right) => (left.resource < right.resource ? -1 : 1));
  const rows = await tx.$queryRaw<Counter[]>`
    WITH used AS (
      INSERT INTO quota_usages (project_id, resource, in_use)
      SELECT ${projectId}, change.resource, change.delta
      FROM unnest(${sorted.map((change) => change.resource)}::text[], ${sorted.map((change) => change.delta)}::bigint[])
        AS change(resource, delta)
      ON CONFLICT (project_id, resource) DO UPDATE SET in_use = quota_usages.in_use + excluded.in_use
      RETURNING resource, in_use)
    SELECT used.resource, used.in_use AS "inUse", coalesce(own.hard_limit, class.hard_limit) AS limit
    FROM used
    LEFT JOIN quota_limits AS own ON own.project_id = ${projectId} AND own.resource = used.resource
    LEFT JOIN quota_limits AS class ON class.project_id = ${classOwner(defaultClass)} AND class.resource = used.resource`;
  return new Map(rows.map((row) => [row.resource, row]));
}

/**
 * Uses quota, or throws QuotaExceededError for the first counter that would pass its limit (the caller's transaction
 * rolls back). A limit of -1, or none at all, means unlimited. `defaults` are the configuration's.
 */
export async function chargeQuota(
  tx: Prisma.TransactionClient,
  projectId: string,
  changes: readonly QuotaChange[],
  defaults: Readonly<Record<string, number>>,
): Promise<void> {
  if (changes.length === 0) return;
  const counters = await addToCounters(tx, projectId, changes);
  // Of several counters Cinder names the first by alphabet.
  for (const { resource, delta } of changes.toSorted((left, right) => (left.resource < right.resource ? -1 : 1))) {
    const counter = counters.get(resource);
    const limit = counter?.limit ?? defaults[resource] ?? -1;
    const total = Number(counter?.inUse ?? 0);
    if (delta > 0 && limit >= 0 && total > limit) throw new QuotaExceededError(resource, delta, total - delta, limit);
  }
}

/** Gives quota back; no limit can stand against that. */
export async function refundQuota(
  tx: Prisma.TransactionClient,
  projectId: string,
  charged: readonly QuotaChange[],
): Promise<void> {
  if (charged.length === 0) return;
  await addToCounters(
    tx,
    projectId,
    charged.map(({ resource, delta }) => ({ resource, delta: -delta })),
  );
}
