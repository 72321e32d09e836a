// The first step of every run: it takes a new epoch and all of the operation's resources, or says why it cannot.
import { finishedStates, ruleOf, type OperationState, type ResourceType } from '../../domain/operations.ts';
import type { OperationResource, Prisma, PrismaClient } from '../generated/client.ts';
import { readFacts, type OperationFacts } from './operation-facts.ts';
import { recordEvent } from './operation-history.ts';
import { lockOperation, type OperationRow } from './operation-row.ts';
import { lockResource, writeStatus } from './resource-status.ts';

export interface ClaimRequest {
  readonly operationId: string;
  readonly runId: string;
  /** Who asked for this run: the API at first, later the operator that retried. */
  readonly actor: string;
  /** The run's own claim, which is to be replaced by a newer one: a host has served another operation's since. */
  readonly renews?: string;
}

export interface GrantedClaim {
  readonly verdict: 'granted';
  readonly epoch: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly facts: OperationFacts;
  /** Seconds since 1970 at which the request was accepted: part of names that must not change. */
  readonly acceptedAt: number;
}

export type ClaimVerdict =
  | GrantedClaim
  /** Over already: a duplicate start, or a reset of an operation that has ended. */
  | { readonly verdict: 'finished'; readonly state: OperationState; readonly reason: string | null }
  /** A resource is not ours to take now; the operation is paused for that reason. */
  | { readonly verdict: 'refused'; readonly reason: string; readonly epoch: string };

/**
 * Claims the operation for a run under a fresh epoch; every earlier claim of it is void from then on.
 * Repeating it for the same run answers the same claim as long as that one is in force.
 */
export async function claimOperation(db: PrismaClient, request: ClaimRequest): Promise<ClaimVerdict> {
  return db.$transaction(async (tx) => {
    const operation = await lockOperation(tx, request.operationId);
    if (!operation) return { verdict: 'finished', state: 'aborted', reason: 'there is no such operation' };
    if (finishedStates.includes(operation.state)) {
      return { verdict: 'finished', state: operation.state, reason: operation.reason };
    }
    if (request.renews !== undefined && operation.runId !== request.runId) {
      return { verdict: 'finished', state: operation.state, reason: 'another run has claimed it' };
    }
    const uses = await tx.operationResource.findMany({ where: { operationId: operation.id } });
    for (const use of uses) {
      const refusal = await claimAgain(tx, operation, use);
      if (refusal) return refuse(tx, operation, refusal);
    }
    const epoch = await startEpoch(tx, operation, request);
    return {
      verdict: 'granted',
      epoch: epoch.toString(),
      input: operation.input,
      facts: await readFacts(tx, withPrimary(operation, uses)),
      acceptedAt: Math.floor(operation.createdAt.getTime() / 1000),
    };
  });
}

async function refuse(tx: Prisma.TransactionClient, operation: OperationRow, reason: string): Promise<ClaimVerdict> {
  await tx.operation.update({ where: { id: operation.id }, data: { state: 'paused', reason } });
  return { verdict: 'refused', reason, epoch: operation.epoch.toString() };
}

async function startEpoch(
  tx: Prisma.TransactionClient,
  operation: OperationRow,
  request: ClaimRequest,
): Promise<bigint> {
  const renewed = operation.epoch.toString() !== request.renews;
  if (operation.state === 'running' && operation.runId === request.runId && renewed) return operation.epoch;
  const rows = await tx.$queryRaw<{ epoch: bigint }[]>`
    UPDATE operations SET epoch = nextval('operation_epoch_seq'), run_id = ${request.runId}, state = 'running',
      reason = NULL, step = NULL, bytes_done = NULL, bytes_total = NULL,
      workflow_started_at = coalesce(workflow_started_at, now()), updated_at = now()
    WHERE id = ${operation.id}::uuid RETURNING epoch`;
  const epoch = rows[0]?.epoch ?? 0n;
  if (operation.epoch > 0n)
    await recordEvent(tx, { operationId: operation.id, epoch, event: 'claimed', actor: request.actor });
  return epoch;
}

/** Makes one resource ours again; answers why not, if so. */
async function claimAgain(
  tx: Prisma.TransactionClient,
  operation: OperationRow,
  use: OperationResource,
): Promise<string | null> {
  if (use.role !== 'writes') return null;
  const resource = use.resourceType as ResourceType;
  const rule = ruleOf(operation.kind).claims.find((claim) => claim.resource === resource);
  const state = await lockResource(tx, resource, use.resourceId);
  if (!rule || !state) return `${resource} ${use.resourceId} no longer exists`;
  if (state.operationId === operation.id) {
    if (state.status !== rule.during && operation.state === 'paused') {
      await writeStatus(tx, resource, use.resourceId, { status: rule.during, operationId: operation.id });
    }
    return null;
  }
  if (use.held) return `${resource} ${use.resourceId} is ${state.status}: its status was changed by someone else`;
  if (state.operationId !== null || !rule.from.includes(state.status)) {
    return `${resource} ${use.resourceId} is ${state.status}; it has to be ${rule.from.join(' or ')} first`;
  }
  await writeStatus(tx, resource, use.resourceId, { status: rule.during, operationId: operation.id });
  await tx.operationResource.updateMany({
    where: { operationId: operation.id, resourceType: resource, resourceId: use.resourceId },
    data: { held: true, previousStatus: state.status },
  });
  return null;
}

/** Operations that claim nothing still work on their primary resource. */
function withPrimary(operation: OperationRow, uses: readonly OperationResource[]) {
  const known = uses.some((use) => use.resourceId === operation.resourceId);
  const primary = { resourceType: operation.resourceType, resourceId: operation.resourceId, previousStatus: null };
  return known ? uses : [...uses, primary];
}
