// The fence every late writer runs into: only the pair (operation, epoch) that is in force may write.
import type { Prisma } from '../../generated/client.ts';

/** The claim under which something was written is no longer the one in force. */
export class StaleClaimError extends Error {
  constructor({ operationId, epoch }: ClaimPair) {
    super(`operation ${operationId}: claim ${epoch} is no longer in force`);
    this.name = 'StaleClaimError';
  }
}

export interface ClaimPair {
  readonly operationId: string;
  /** Decimal text, because JSON has no 64-bit integers. */
  readonly epoch: string;
}

/**
 * Locks the operation's row and checks that the claim is in force, inside the caller's transaction.
 * Throws StaleClaimError otherwise.
 */
export async function holdClaim(tx: Prisma.TransactionClient, claim: ClaimPair): Promise<void> {
  const rows = await tx.$queryRaw<{ state: string }[]>`
    SELECT state FROM operations
    WHERE id = ${claim.operationId}::uuid AND epoch = ${BigInt(claim.epoch)} AND state = 'running'
    FOR UPDATE`;
  if (rows.length === 0) throw new StaleClaimError(claim);
}

/**
 * Notes that the operation's point of no return has been passed; whatever becomes of its workflow, an abort then knows.
 * Not while one of `hosts` (host@backend) is paused: answers those that are. Throws StaleClaimError.
 */
export async function passPointOfNoReturn(
  db: Prisma.TransactionClient,
  claim: ClaimPair,
  hosts: readonly string[],
): Promise<string[]> {
  const epoch = BigInt(claim.epoch);
  const passed = await db.$executeRaw`
    UPDATE operations SET too_late = true
    WHERE id = ${claim.operationId}::uuid AND epoch = ${epoch} AND state = 'running' AND NOT EXISTS (
      SELECT 1 FROM backend_pauses WHERE host = ANY (${hosts}::text[]) AND released_at IS NULL)`;
  if (passed > 0) return [];
  const paused = await db.backendPause.findMany({ where: { host: { in: [...hosts] }, releasedAt: null } });
  // Released in between: that was no reason.
  if (paused.length === 0 && hosts.length > 0) return passPointOfNoReturn(db, claim, []);
  if (paused.length === 0) throw new StaleClaimError(claim);
  return paused.map(({ host }) => host);
}
