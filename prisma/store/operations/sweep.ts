// Which operations the sweeper has to look at: each is taken by one API process at a time (SKIP LOCKED).
import type { Operation, PrismaClient } from '../../generated/client.ts';

/** Operations accepted more than `olderThanMs` ago whose workflow nobody has seen start. */
export function takeUnstarted(db: PrismaClient, olderThanMs: number, limit: number): Promise<Operation[]> {
  return take(db, limit, {
    text: `workflow_started_at IS NULL AND state = 'accepted' AND created_at < now() - $1::int * interval '1 ms'
      AND coalesce(checked_at, created_at) < now() - $1::int * interval '1 ms'`,
    ms: olderThanMs,
  });
}

/** Running operations that have not been heard of, nor looked at, for `silentForMs`: their workflow may be gone. */
export function takeSilent(db: PrismaClient, silentForMs: number, limit: number): Promise<Operation[]> {
  return take(db, limit, {
    text: `workflow_started_at IS NOT NULL AND state IN ('accepted', 'running')
      AND greatest(checked_at, updated_at) < now() - $1::int * interval '1 ms'`,
    ms: silentForMs,
  });
}

/** Paused operations that nobody has looked at for `silentForMs`: an order needs a workflow to go to. */
export function takePaused(db: PrismaClient, silentForMs: number, limit: number): Promise<Operation[]> {
  return take(db, limit, {
    text: `state = 'paused' AND greatest(checked_at, updated_at) < now() - $1::int * interval '1 ms'`,
    ms: silentForMs,
  });
}

/** Marks them as looked at in the same statement, so that another process takes others. */
async function take(db: PrismaClient, limit: number, where: { text: string; ms: number }): Promise<Operation[]> {
  const rows = await db.$queryRawUnsafe<{ id: string }[]>(
    `UPDATE operations SET checked_at = now() WHERE id IN (
       SELECT id FROM operations WHERE finished_at IS NULL AND ${where.text}
       ORDER BY coalesce(checked_at, created_at) LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING id`,
    Math.round(where.ms),
    limit,
  );
  return db.operation.findMany({ where: { id: { in: rows.map((row) => row.id) } }, orderBy: { createdAt: 'asc' } });
}

/**
 * Operations that ended because an administrator set a status by force, each answered once: their workflows still wait,
 * or work.
 */
export async function takeAbandoned(db: PrismaClient, limit: number): Promise<Operation[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    UPDATE operations SET checked_at = now() WHERE id IN (
      SELECT id FROM operations WHERE state = 'aborted' AND finished_at > now() - interval '1 day'
        AND coalesce(checked_at, created_at) < finished_at AND EXISTS (
          SELECT 1 FROM operation_events AS event WHERE event.operation_id = operations.id AND event.event = 'reset-status')
      ORDER BY created_at LIMIT ${limit} FOR UPDATE SKIP LOCKED) RETURNING id`;
  return db.operation.findMany({ where: { id: { in: rows.map((row) => row.id) } } });
}

/** How many accepted operations wait for a workflow. */
export function countBacklog(db: PrismaClient): Promise<number> {
  return db.operation.count({ where: { state: 'accepted', workflowStartedAt: null } });
}
