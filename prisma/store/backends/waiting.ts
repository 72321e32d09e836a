// Operations that wait for a paused back-end: how they say so, and which of them may go on.
import { pauseWords } from '../../../domain/backend-pause.ts';
import type { Operation, PrismaClient } from '../../generated/client.ts';
import type { ClaimPair } from '../operations/fence.ts';
import { pausesInForce, releaseWindowMs } from './pauses.ts';

export interface WaitRequest {
  readonly claim: ClaimPair;
  /** host@backend: one that is not paused is enough to go on. */
  readonly hosts: readonly string[];
  /** What is to be done there, for a person. */
  readonly doing: string;
  /** It has waited its share of the release already. */
  readonly hasWaited: boolean;
}

export type WaitVerdict =
  | { readonly verdict: 'paused'; readonly words: string }
  /** Released; it goes on after `delayMs`, so that not all that wait go on at once. */
  | { readonly verdict: 'released'; readonly words: string; readonly delayMs: number }
  | { readonly verdict: 'open' };

/** Says how it stands with the back-ends, and writes it on the operation's row while there is something to wait for. */
export async function lookAtBackends(
  db: PrismaClient,
  { claim, hosts, doing, hasWaited }: WaitRequest,
  random: () => number,
): Promise<WaitVerdict> {
  const verdict = await judge(db, hosts, hasWaited, random);
  const waits = verdict.verdict !== 'open';
  await db.operation.updateMany({
    where: { id: claim.operationId, epoch: BigInt(claim.epoch), finishedAt: null },
    data: { waitingFor: waits ? [...hosts] : [], reason: waits ? `${doing}: ${verdict.words}` : null },
  });
  return verdict;
}

async function judge(
  db: PrismaClient,
  hosts: readonly string[],
  hasWaited: boolean,
  random: () => number,
): Promise<WaitVerdict> {
  const pauses = await pausesInForce(db, hosts);
  if (pauses.length >= hosts.length) {
    return { verdict: 'paused', words: `Waiting for ${pauses.map(pauseWords).join('; or for ')}` };
  }
  const windowMs = hasWaited ? 0 : await releaseWindowMs(db, hosts);
  const delayMs = Math.round(random() * windowMs);
  if (delayMs === 0) return { verdict: 'open' };
  const at = new Date(Date.now() + delayMs).toISOString();
  return { verdict: 'released', words: `Released: goes on at ${at}, as its share of the release`, delayMs };
}

/**
 * Operations that wait and of whose back-ends one is not paused any more: each is answered to one API process, again only
 * after a while.
 */
export async function takeReleased(db: PrismaClient, limit: number): Promise<Operation[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    UPDATE operations SET checked_at = now() WHERE id IN (
      SELECT id FROM operations WHERE state = 'running' AND waiting_for <> '{}'
        AND coalesce(checked_at, created_at) < greatest(now() - interval '1 minute', (
          SELECT max(released_at) FROM backend_pauses WHERE host = ANY (waiting_for)))
        AND NOT waiting_for <@ ARRAY(SELECT host FROM backend_pauses WHERE released_at IS NULL)
      ORDER BY created_at LIMIT ${limit} FOR UPDATE SKIP LOCKED) RETURNING id`;
  return db.operation.findMany({ where: { id: { in: rows.map(({ id }) => id) } } });
}
