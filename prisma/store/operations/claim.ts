// The first step of every run: it takes a new epoch and all of the operation's resources, or says why it cannot.
import type { ClaimCause } from '../../../domain/operation-events.ts';
import {
  finishedStates,
  mayComeFrom,
  ruleOf,
  type ClaimRule,
  type OperationKind,
  type OperationState,
  type ResourceType,
} from '../../../domain/operations.ts';
import type { PauseCause } from '../../../domain/pauses.ts';
import type { OperationResource, Prisma, PrismaClient } from '../../generated/client.ts';
import { readFacts, type OperationFacts } from './facts.ts';
import { lockOperation, operationColumns, type OperationRow } from './row.ts';
import { lockResource, writeStatus } from '../database/resource-status.ts';

export interface ClaimRequest {
  readonly operationId: string;
  readonly runId: string;
  /** What the claim leaves in the history: by whom, and the reason that was given. */
  readonly cause: ClaimCause;
  readonly actor: string;
  readonly reason?: string | null;
  /** The run's own claim, which is to be replaced by a newer one. */
  readonly renews?: string;
  /** A step that is to be left out from now on (`StepKey` of domain/skips.ts). */
  readonly skips?: string;
}

/** What a run has to know of its operation. */
export interface ClaimedOperation {
  readonly kind: OperationKind;
  readonly epoch: string;
  /** No run has claimed it before; left out by a control worker of the release before. */
  readonly first?: boolean;
  readonly input: Readonly<Record<string, unknown>>;
  readonly facts: OperationFacts;
  /** Seconds since 1970 at which the request was accepted: part of names that must not change. */
  readonly acceptedAt: number;
  /** Steps that an operator has decided to leave out. */
  readonly skippedSteps: readonly string[];
}

export type GrantedClaim = ClaimedOperation & { readonly verdict: 'granted' };

export type ClaimVerdict =
  | GrantedClaim
  /** Over already: a duplicate start, or a reset of an operation that has ended. */
  | { readonly verdict: 'finished'; readonly state: OperationState; readonly reason: string | null }
  /** A resource is not ours to take now; the operation is paused for that reason, under the epoch it had. */
  | (ClaimedOperation & { readonly verdict: 'refused'; readonly reason: string });

/**
 * Claims the operation for a run under a fresh epoch; every earlier claim of it is void from then on.
 * Repeating it for the same run answers the same claim as long as that one is in force.
 */
export async function claimOperation(db: PrismaClient, request: ClaimRequest): Promise<ClaimVerdict> {
  return (await claimFirst(db, request)) ?? claimInTurn(db, request);
}

type Use = Pick<OperationResource, 'resourceType' | 'resourceId' | 'role' | 'previousStatus'>;

/**
 * The first claim of an accepted operation, and nearly always the only one: nobody else can have a claim of it, and its
 * resources have been its own since it was accepted. Null when that is not so (they were forced into another status):
 * the claim is then made, or refused, in the ordinary way.
 */
async function claimFirst(db: PrismaClient, request: ClaimRequest): Promise<GrantedClaim | null> {
  const { operationId, runId, cause, actor, reason = null } = request;
  if (request.renews !== undefined || request.skips !== undefined) return null;
  const rows = await db.$queryRaw<(OperationRow & { readonly uses: readonly Use[] | null })[]>`
    WITH operation AS (
      UPDATE operations SET epoch = nextval('operation_epoch_seq'), run_id = ${runId}, state = 'running',
        workflow_started_at = coalesce(workflow_started_at, now()), updated_at = now()
      WHERE id = ${operationId}::uuid AND state = 'accepted' AND epoch = 0 RETURNING *),
    event AS (
      INSERT INTO operation_events (operation_id, epoch, event, actor, detail)
      SELECT id, epoch, ${cause}, ${actor}, ${reason} FROM operation)
    SELECT ${operationColumns}, (
      SELECT json_agg(json_build_object('resourceType', resource_type, 'resourceId', resource_id, 'role', role,
        'previousStatus', previous_status)) FROM operation_resources WHERE operation_id = operation.id) AS uses
    FROM operation`;
  const [operation] = rows;
  if (!operation) return null;
  const uses = operation.uses ?? [];
  const { facts, owners } = await readFacts(db, withPrimary(operation, uses));
  const isOurs = (use: Use): boolean => use.role !== 'writes' || owners.get(use.resourceId) === operation.id;
  if (!uses.every(isOurs)) return null;
  return { verdict: 'granted', ...claimedOf(operation, operation.epoch, facts, []), first: true };
}

async function claimInTurn(db: PrismaClient, request: ClaimRequest): Promise<ClaimVerdict> {
  return db.$transaction(async (tx) => {
    const operation = await lockOperation(tx, request.operationId);
    if (!operation) return { verdict: 'finished', state: 'aborted', reason: 'there is no such operation' };
    if (finishedStates.includes(operation.state)) {
      return { verdict: 'finished', state: operation.state, reason: operation.reason };
    }
    // A run that was reset to a later task holds its predecessor's claim.
    const holds = operation.runId === request.runId || operation.epoch.toString() === request.renews;
    if (request.renews !== undefined && !holds) {
      return { verdict: 'finished', state: operation.state, reason: 'another run has claimed it' };
    }
    const uses = await tx.operationResource.findMany({ where: { operationId: operation.id } });
    const refusal = await claimAgain(tx, operation, uses);
    const epoch = refusal === null ? await startEpoch(tx, operation, request) : await refuse(tx, operation, refusal);
    const { facts } = await readFacts(tx, withPrimary(operation, uses));
    const skips = refusal === null && request.skips !== undefined ? [request.skips] : [];
    const first = operation.runId === null;
    const claimed = { ...claimedOf(operation, epoch, facts, skips), first };
    return refusal === null ? { verdict: 'granted', ...claimed } : { verdict: 'refused', reason: refusal, ...claimed };
  });
}

function claimedOf(
  { kind, input, createdAt, skippedSteps }: OperationRow,
  epoch: bigint,
  facts: OperationFacts,
  skips: readonly string[],
): ClaimedOperation {
  const acceptedAt = Math.floor(createdAt.getTime() / 1000);
  return {
    kind,
    epoch: epoch.toString(),
    input,
    facts,
    acceptedAt,
    skippedSteps: [...new Set([...skippedSteps, ...skips])],
  };
}

async function refuse(tx: Prisma.TransactionClient, operation: OperationRow, reason: string): Promise<bigint> {
  await tx.operation.update({
    where: { id: operation.id },
    data: { state: 'paused', reason, pauseCause: 'ResourceTaken' satisfies PauseCause, pausedAt: new Date() },
  });
  return operation.epoch;
}

async function startEpoch(
  tx: Prisma.TransactionClient,
  operation: OperationRow,
  request: ClaimRequest,
): Promise<bigint> {
  const renewed = operation.epoch.toString() !== request.renews;
  if (operation.state === 'running' && operation.runId === request.runId && renewed) return operation.epoch;
  const skips = JSON.stringify(request.skips === undefined ? [] : [request.skips]);
  const detail = [request.skips, request.reason].filter(Boolean).join('; ') || null;
  // One statement: every operation passes here at least once.
  const rows = await tx.$queryRaw<{ epoch: bigint }[]>`
    WITH claim AS (
      UPDATE operations SET epoch = nextval('operation_epoch_seq'), run_id = ${request.runId}, state = 'running',
        reason = NULL, waiting_for = '{}', pause_cause = NULL, paused_step = NULL, paused_host = NULL, paused_at = NULL,
        step = NULL, bytes_done = NULL, bytes_total = NULL, skipped_steps = skipped_steps || ${skips}::jsonb,
        workflow_started_at = coalesce(workflow_started_at, now()), updated_at = now()
      WHERE id = ${operation.id}::uuid RETURNING id, epoch
    ), event AS (
      INSERT INTO operation_events (operation_id, epoch, event, actor, detail)
      SELECT id, epoch, ${request.cause}, ${request.actor}, ${detail} FROM claim
    )
    SELECT epoch FROM claim`;
  return rows[0]?.epoch ?? 0n;
}

interface Claimable {
  readonly use: OperationResource;
  readonly rule: ClaimRule;
  readonly status: string;
  readonly isOurs: boolean;
}

/** Makes the resources ours again, all of them or none; answers why not, if so. */
async function claimAgain(
  tx: Prisma.TransactionClient,
  operation: OperationRow,
  uses: readonly OperationResource[],
): Promise<string | null> {
  const claimable: Claimable[] = [];
  for (const use of uses.filter(({ role }) => role === 'writes')) {
    const looked = await look(tx, operation, use);
    if (typeof looked === 'string') return looked;
    claimable.push(looked);
  }
  for (const { use, rule, status, isOurs } of claimable) {
    const resource = use.resourceType as ResourceType;
    if (!isOurs || (status !== rule.during && operation.state === 'paused')) {
      await writeStatus(tx, resource, use.resourceId, { status: rule.during, operationId: operation.id });
    }
    if (isOurs) continue;
    await tx.operationResource.updateMany({
      where: { operationId: operation.id, resourceType: resource, resourceId: use.resourceId },
      data: { held: true, previousStatus: status },
    });
  }
  return null;
}

/** Locks one resource and says whether it can be claimed; in words, where it cannot. */
async function look(
  tx: Prisma.TransactionClient,
  operation: OperationRow,
  use: OperationResource,
): Promise<Claimable | string> {
  const resource = use.resourceType as ResourceType;
  const rule = ruleOf(operation.kind).claims.find((claim) => claim.resource === resource);
  const state = await lockResource(tx, resource, use.resourceId);
  if (!rule || !state) return `${resource} ${use.resourceId} no longer exists`;
  const { status } = state;
  if (state.operationId === operation.id) return { use, rule, status, isOurs: true };
  if (use.held) return `${resource} ${use.resourceId} is ${status}: its status was changed by someone else`;
  if (state.operationId !== null || !mayComeFrom(rule, status)) {
    return `${resource} ${use.resourceId} is ${status}; it has to be ${rule.from.join(' or ')} first`;
  }
  return { use, rule, status, isOurs: false };
}

/** Operations that claim nothing still work on their primary resource. */
function withPrimary(
  operation: OperationRow,
  uses: readonly Pick<Use, 'resourceType' | 'resourceId' | 'previousStatus'>[],
) {
  const known = uses.some((use) => use.resourceId === operation.resourceId);
  const primary = { resourceType: operation.resourceType, resourceId: operation.resourceId, previousStatus: null };
  return known ? uses : [...uses, primary];
}
