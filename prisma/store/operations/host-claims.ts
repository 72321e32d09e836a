// What a host may ask and tell about an operation while the claim it works under is in force.
import type { PrismaClient } from '../../generated/client.ts';
import type { ClaimPair } from './fence.ts';

export interface Progress {
  readonly step: string;
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

const inForce = ({ operationId, epoch }: ClaimPair) => ({ id: operationId, epoch: BigInt(epoch), state: 'running' });

/** Writes how far a step has come; false when the claim is no longer in force: the step has to stop. */
export async function recordProgress(db: PrismaClient, claim: ClaimPair, progress: Progress): Promise<boolean> {
  const { step, bytesDone, bytesTotal } = progress;
  const { count } = await db.operation.updateMany({
    // An undo may be at work while its operation is paused.
    where: { id: claim.operationId, epoch: BigInt(claim.epoch), finishedAt: null },
    data: { step, bytesDone: BigInt(bytesDone), bytesTotal: BigInt(bytesTotal), updatedAt: new Date() },
  });
  // An audit's repair works under an epoch of its own and has no operation.
  return count > 0 || (await db.operation.count({ where: { id: claim.operationId } })) === 0;
}

/** True while the claim is the operation's newest and the operation is not over: an undo may be at work in a pause. */
export async function isInForce(db: PrismaClient, { operationId, epoch }: ClaimPair): Promise<boolean> {
  return (await db.operation.count({ where: { id: operationId, epoch: BigInt(epoch), finishedAt: null } })) > 0;
}

/** True while the claim is in force and its operation is about this volume. */
export async function mayUseVolume(db: PrismaClient, claim: ClaimPair, volumeId: string): Promise<boolean> {
  const operation = await db.operation.findFirst({ where: inForce(claim), select: { resourceId: true, input: true } });
  if (!operation) return false;
  const { volumeId: inputId } = operation.input as { volumeId?: unknown };
  if (operation.resourceId === volumeId || inputId === volumeId) return true;
  const { operationId } = claim;
  return (
    (await db.operationResource.count({ where: { operationId, resourceType: 'volume', resourceId: volumeId } })) > 0
  );
}
