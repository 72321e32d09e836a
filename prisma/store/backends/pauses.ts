// Back-ends that are paused in an incident: by whom, why, and who has let them go again.
import type { BackendPause as PauseInForce } from '../../../domain/backend-pause.ts';
import type { BackendPause, Prisma } from '../../generated/client.ts';

type Transaction = Prisma.TransactionClient;

/** Who decides, and why. */
export interface PauseOrder {
  readonly actor: string;
  readonly reason: string;
}

/** A back-end as an administrator looks at it in an incident. */
export interface BackendState {
  /** host@backend */
  readonly host: string;
  readonly reportedAt: Date;
  /** The last pause, in force or not; null when it has never been paused. */
  readonly pause: BackendPause | null;
  /** Operations that wait for its release. */
  readonly waiting: number;
  /** Unfinished operations about its volumes that neither wait for it nor are paused themselves. */
  readonly running: number;
}

/** Every back-end that has ever reported, by name. */
export async function listBackends(db: Transaction, host?: string): Promise<BackendState[]> {
  const where = { binary: 'cinder-volume', ...(host === undefined ? {} : { host }) };
  const services = await db.service.findMany({ where, orderBy: { host: 'asc' } });
  const hosts = services.map((service) => service.host);
  const pauses = new Map((await db.backendPause.findMany({ where: { host: { in: hosts } } })).map((p) => [p.host, p]));
  const counts = new Map((await countWork(db)).map((count) => [count.host, count]));
  return services.map(({ host: name, reportedAt }) => ({
    host: name,
    reportedAt,
    pause: pauses.get(name) ?? null,
    waiting: counts.get(name)?.waiting ?? 0,
    running: counts.get(name)?.running ?? 0,
  }));
}

/** By host; of what runs, which an index finds. */
function countWork(db: Transaction): Promise<{ host: string; waiting: number; running: number }[]> {
  return db.$queryRaw`
    WITH unfinished AS (
      SELECT id, resource_id, input ->> 'volumeId' AS volume_id, waiting_for FROM operations
      WHERE state = 'running'
    ), placed AS (
      SELECT o.id, split_part(v.host, '#', 1) AS host FROM unfinished AS o JOIN volumes AS v
        ON v.id = o.resource_id OR v.id::text = o.volume_id WHERE o.waiting_for = '{}'
      UNION SELECT o.id, split_part(v.host, '#', 1) FROM unfinished AS o JOIN snapshots AS s ON s.id = o.resource_id
        JOIN volumes AS v ON v.id = s.volume_id WHERE o.waiting_for = '{}'
    ), work AS (
      SELECT unnest(waiting_for) AS host, 1 AS waiting, 0 AS running FROM unfinished
      UNION ALL SELECT host, 0, 1 FROM placed WHERE host IS NOT NULL
    )
    SELECT host, sum(waiting)::int AS waiting, sum(running)::int AS running FROM work GROUP BY 1`;
}

/** Pauses a back-end; one that is paused keeps the first pause. False when no back-end of that name has reported. */
export async function pauseBackend(tx: Transaction, host: string, { actor, reason }: PauseOrder): Promise<boolean> {
  const { count } = await tx.service.updateMany({ where: { binary: 'cinder-volume', host }, data: {} });
  if (count === 0) return false;
  await tx.$executeRaw`
    INSERT INTO backend_pauses (host, actor, reason) VALUES (${host}, ${actor}, ${reason})
    ON CONFLICT (host) DO UPDATE SET actor = excluded.actor, reason = excluded.reason, paused_at = now(), kept_at = NULL,
      released_by = NULL, release_reason = NULL, released_at = NULL, release_over_ms = 0
    WHERE backend_pauses.released_at IS NOT NULL`;
  return true;
}

/** Its worker has said that it keeps the pause: nothing new begins there. */
export async function notePauseKept(tx: Transaction, host: string, pausedAt: Date): Promise<void> {
  await tx.backendPause.updateMany({
    where: { host, pausedAt, releasedAt: null, keptAt: null },
    data: { keptAt: new Date() },
  });
}

/** Ends a pause: what waits for it goes on within `overMs`. False when the back-end was not paused. */
export async function releaseBackend(
  tx: Transaction,
  host: string,
  { actor, reason, overMs }: PauseOrder & { readonly overMs: number },
): Promise<boolean> {
  const { count } = await tx.backendPause.updateMany({
    where: { host, releasedAt: null },
    data: { releasedBy: actor, releaseReason: reason, releasedAt: new Date(), releaseOverMs: overMs },
  });
  return count > 0;
}

/** The pauses in force; of the named back-ends only, where some are named. */
export async function pausesInForce(db: Transaction, hosts?: readonly string[]): Promise<PauseInForce[]> {
  const rows = await db.backendPause.findMany({
    where: { releasedAt: null, ...(hosts === undefined ? {} : { host: { in: [...hosts] } }) },
    orderBy: { host: 'asc' },
  });
  return rows.map(({ host, actor, reason, pausedAt }) => ({ host, actor, reason, pausedAt: pausedAt.toISOString() }));
}

/** The window of the named back-ends' last releases, in milliseconds: the longest. */
export async function releaseWindowMs(db: Transaction, hosts: readonly string[]): Promise<number> {
  const rows = await db.backendPause.findMany({ where: { host: { in: [...hosts] }, NOT: { releasedAt: null } } });
  return Math.max(0, ...rows.map(({ releaseOverMs }) => releaseOverMs));
}
