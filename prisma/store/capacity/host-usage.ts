// What each project has on one back-end.
import type { Prisma } from '../../generated/client.ts';

export interface HostUsage {
  readonly projectId: string;
  readonly volumes: number;
  readonly volumesGib: number;
  readonly snapshots: number;
  readonly snapshotsGib: number;
}

/** Projects with volumes on `host@backend`, by id. */
export function readHostUsage(db: Prisma.TransactionClient, serviceHost: string): Promise<HostUsage[]> {
  return db.$queryRaw<HostUsage[]>`
    WITH here AS (
      SELECT id, project_id, size_gib FROM volumes
      WHERE deleted_at IS NULL AND (host = ${serviceHost} OR starts_with(host, ${`${serviceHost}#`}))
    ), copies AS (
      SELECT here.project_id, count(*)::int AS count, sum(snapshots.size_gib)::int AS gib
      FROM snapshots JOIN here ON here.id = snapshots.volume_id WHERE snapshots.deleted_at IS NULL
      GROUP BY here.project_id
    )
    SELECT here.project_id AS "projectId", count(*)::int AS volumes, sum(here.size_gib)::int AS "volumesGib",
      coalesce(max(copies.count), 0)::int AS snapshots, coalesce(max(copies.gib), 0)::int AS "snapshotsGib"
    FROM here LEFT JOIN copies ON copies.project_id = here.project_id
    GROUP BY here.project_id ORDER BY here.project_id`;
}
