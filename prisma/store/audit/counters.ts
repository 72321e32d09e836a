// Compares the counters with the rows that they count; an empty answer means that nothing has leaked.
import { Prisma, type PrismaClient } from '../../generated/client.ts';

type Transaction = Prisma.TransactionClient;

export interface CounterDifference {
  /** `quota <project> <resource>` or `pool <host@backend#pool> gib|volumes`. */
  readonly counter: string;
  readonly counted: number;
  readonly rows: number;
}

/** A recount of a large cloud takes longer than Prisma's five seconds. */
export const recountTimeoutMs = 120_000;

/**
 * Recounts quota use and pool allocations, both from one snapshot of the database. Operations that are running may be
 * between charging and writing: look again before believing a difference on a busy system.
 */
export async function auditCounters(db: PrismaClient): Promise<CounterDifference[]> {
  return db.$transaction(recount, {
    isolationLevel: Prisma.TransactionIsolationLevel.RepeatableRead,
    timeout: recountTimeoutMs,
  });
}

/** The same within a transaction; at READ COMMITTED the two parts may be of two moments, each in itself of one. */
export async function recount(tx: Transaction): Promise<CounterDifference[]> {
  return [...(await recountQuota(tx)), ...(await recountPools(tx))];
}

function recountQuota(tx: Transaction): Promise<CounterDifference[]> {
  return tx.$queryRaw<CounterDifference[]>`
    WITH live AS (
      SELECT project_id, 'volumes' AS resource, 1 AS amount FROM volumes WHERE deleted_at IS NULL AND consumes_quota
      UNION ALL SELECT project_id, 'gigabytes', size_gib FROM volumes WHERE deleted_at IS NULL AND consumes_quota
      UNION ALL SELECT project_id, 'snapshots', 1 FROM snapshots WHERE deleted_at IS NULL AND consumes_quota
      UNION ALL SELECT snapshots.project_id, 'gigabytes', snapshots.size_gib FROM snapshots
        WHERE deleted_at IS NULL AND consumes_quota AND uses_gigabytes
      UNION ALL SELECT project_id, 'backups', 1 FROM backups WHERE deleted_at IS NULL
      UNION ALL SELECT project_id, 'groups', 1 FROM volume_groups WHERE deleted_at IS NULL
      UNION ALL SELECT project_id, 'backup_gigabytes', size_gib FROM backups WHERE deleted_at IS NULL
      UNION ALL SELECT volumes.project_id, 'gigabytes', (input->>'newSizeGib')::int - volumes.size_gib FROM operations
        JOIN volumes ON volumes.id = resource_id
        WHERE kind = 'volumeExtend' AND finished_at IS NULL AND deleted_at IS NULL
    ), recount AS (SELECT project_id, resource, sum(amount)::int AS rows FROM live GROUP BY 1, 2)
    SELECT 'quota ' || coalesce(recount.project_id, usage.project_id) || ' ' || coalesce(recount.resource, usage.resource)
        AS counter, coalesce(usage.in_use, 0)::int AS counted, coalesce(recount.rows, 0) AS rows
    FROM recount FULL JOIN (SELECT * FROM quota_usages WHERE resource IN
      ('volumes', 'gigabytes', 'snapshots', 'backups', 'backup_gigabytes', 'groups')) AS usage USING (project_id, resource)
    WHERE coalesce(usage.in_use, 0) <> coalesce(recount.rows, 0)`;
}

/** A promise counts for the volume that lies in its pool: one in `error` that is on no back-end is entitled to none. */
function recountPools(tx: Transaction): Promise<CounterDifference[]> {
  return tx.$queryRaw<CounterDifference[]>`
    WITH recount AS (
      SELECT pool_id AS id, sum(size_gib)::int AS gib, count(*)::int AS volumes FROM pool_allocations GROUP BY 1
    ), compared AS (
      SELECT pools.id, 'gib' AS unit, allocated_gib AS counted, coalesce(gib, 0) AS rows
      FROM pools LEFT JOIN recount USING (id)
      UNION ALL SELECT pools.id, 'volumes', allocated_volumes, coalesce(volumes, 0) FROM pools LEFT JOIN recount USING (id)
      UNION ALL SELECT allocation.pool_id, 'gib of ' || allocation.resource_id, allocation.size_gib,
        coalesce(volumes.size_gib, 0)
      FROM pool_allocations AS allocation
        LEFT JOIN volumes ON volumes.id = resource_id AND deleted_at IS NULL AND volumes.host = allocation.pool_id
    )
    SELECT 'pool ' || id || ' ' || unit AS counter, counted, rows FROM compared WHERE counted <> rows`;
}
