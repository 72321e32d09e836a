// First answers to requests that carry an Idempotency-Key (design: retried requests are safe).
import { createHash } from 'node:crypto';
import { Prisma, type Operation, type PrismaClient } from '../../generated/client.ts';
import type { Transaction } from '../database/transaction.ts';

export type { Operation };

/** What a key is unique within. */
export interface KeyScope {
  readonly projectId: string;
  readonly method: string;
  readonly path: string;
  readonly key: string;
}

export interface StoredAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

export type KeyVerdict =
  /** The caller has to answer the request; ids derive from `seed`. */
  | { readonly state: 'ours'; readonly seed: string }
  | { readonly state: 'answered'; readonly answer: StoredAnswer }
  | { readonly state: 'in-progress' }
  | { readonly state: 'other-body' };

export interface KeyTimes {
  readonly keepS: number;
  /** A row without an answer that is older belongs to a process that died. */
  readonly takeOverAfterS: number;
}

/**
 * Takes the key for this request, or says why not. A kept row is taken over when its time has passed (with a new
 * seed: another request then), or when nobody has answered for so long that whoever had it is dead (with the old seed).
 */
export async function takeKey(
  db: PrismaClient,
  scope: KeyScope,
  bodySha256: string,
  { keepS, takeOverAfterS }: KeyTimes,
): Promise<KeyVerdict> {
  const { projectId, method, path, key } = scope;
  const expired = Prisma.sql`kept.created_at < now() - make_interval(secs => ${keepS})`;
  const abandoned = Prisma.sql`kept.status_code IS NULL AND kept.body_sha256 = excluded.body_sha256
    AND kept.claimed_at < now() - make_interval(secs => ${takeOverAfterS})`;
  const taken = await db.$queryRaw<{ seed: string }[]>`
    INSERT INTO idempotency_keys AS kept (project_id, method, path, key, body_sha256, created_at, claimed_at)
    VALUES (${projectId}, ${method}, ${path}, ${key}, ${bodySha256}, now(), now())
    ON CONFLICT (project_id, method, path, key) DO UPDATE SET
      seed = CASE WHEN ${expired} THEN excluded.seed ELSE kept.seed END,
      created_at = CASE WHEN ${expired} THEN now() ELSE kept.created_at END,
      body_sha256 = excluded.body_sha256, status_code = NULL, headers = NULL, body = NULL, claimed_at = now()
    WHERE ${expired} OR (${abandoned})
    RETURNING seed::text AS seed`;
  if (taken[0]) return { state: 'ours', seed: taken[0].seed };
  const row = await db.idempotencyKey.findUnique({ where: { projectId_method_path_key: scope } });
  // Gone in between: it was swept; the client's next try takes it.
  if (!row) return { state: 'in-progress' };
  if (row.bodySha256 !== bodySha256) return { state: 'other-body' };
  if (row.statusCode === null) return { state: 'in-progress' };
  const headers = (row.headers ?? {}) as Record<string, string>;
  return { state: 'answered', answer: { status: row.statusCode, body: row.body ?? undefined, headers } };
}

/** Stores the first answer; a later one (of a process that was taken for dead) changes nothing. */
export async function storeAnswer(db: Transaction, scope: KeyScope, answer: StoredAnswer): Promise<void> {
  await db.idempotencyKey.updateMany({
    where: { ...scope, statusCode: null },
    data: {
      statusCode: answer.status,
      headers: answer.headers,
      body: answer.body === undefined || answer.body === null ? Prisma.DbNull : (answer.body as Prisma.InputJsonValue),
    },
  });
}

/** Gives the key back unanswered: the next request with it is answered at once, from the same seed. */
export async function releaseKey(db: PrismaClient, scope: KeyScope): Promise<void> {
  await db.idempotencyKey.updateMany({ where: { ...scope, statusCode: null }, data: { claimedAt: new Date(0) } });
}

/** Removes rows past their time, at most `limit` at once. */
export async function sweepKeys(db: PrismaClient, keepS: number, limit = 1000): Promise<number> {
  return db.$executeRaw`
    DELETE FROM idempotency_keys WHERE ctid IN (
      SELECT ctid FROM idempotency_keys WHERE created_at < now() - make_interval(secs => ${keepS}) LIMIT ${limit})`;
}

/** The operation with this id, or null. */
export function findOperation(db: PrismaClient, id: string): Promise<Operation | null> {
  return db.operation.findUnique({ where: { id } });
}

/** A UUID (version 8, RFC 9562) that is the same for the same seed and purpose. */
export function deriveId(seed: string, purpose: string): string {
  const hex = createHash('sha256').update(`${seed}/${purpose}`).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-');
}
