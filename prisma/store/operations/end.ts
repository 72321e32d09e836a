// Pausing and ending an operation: each resource it still owns goes where the status table says, once.
import {
  finishedStates,
  ruleOf,
  type ClaimRule,
  type OperationState,
  type ResourceType,
} from '../../../domain/operations.ts';
import type { PauseCause } from '../../../domain/pauses.ts';
import { Prisma, type PrismaClient } from '../../generated/client.ts';
import { applyAbandonment, applyEnding } from './effects.ts';
import type { ClaimPair } from './fence.ts';
import { recordEvent } from './history.ts';
import { lockOperation, operationColumns, type OperationRow } from './row.ts';
import { passOn, softDelete } from '../database/resource-status.ts';

export interface PauseRequest extends ClaimPair {
  /** Which step, on which host, why, and what to do: for a person. */
  readonly reason: string;
  readonly cause: PauseCause;
  /** The step that did not work (`StepKey` of domain/skips.ts) and where; null when it was none. */
  readonly step: string | null;
  readonly host: string | null;
  /** Default: `scoria`. */
  readonly actor?: string;
}

export interface EndRequest extends ClaimPair {
  readonly outcome: 'succeeded' | 'failed' | 'aborted';
  readonly reason: string | null;
  /** A code of domain/storage-errors.ts, which decides the tenant's message. */
  readonly code: string | null;
  readonly actor: string;
  /** What a synchronous caller is answered, and what the ending writes (a backup's object count, …). */
  readonly result: Readonly<Record<string, unknown>> | null;
}

/** `stale` when another claim is in force by now: nothing was written. */
export type EndVerdict = 'written' | 'stale';

/** Shows the paused statuses and gives back what others may use meanwhile; the operation keeps the rest. */
export async function pauseOperation(db: PrismaClient, request: PauseRequest): Promise<EndVerdict> {
  return db.$transaction(async (tx) => {
    const operation = await lockInForce(tx, request);
    if (!operation || finishedStates.includes(operation.state)) return 'stale';
    if (operation.state === 'paused') return 'written';
    for (const { use, rule } of await heldClaims(tx, operation)) {
      const owner = rule.givenBackWhilePaused ? null : operation.id;
      await moveTo(tx, operation, use, rule.paused, owner);
      if (owner === null) await release(tx, operation, use);
    }
    const { reason, cause, step, host, actor = 'scoria' } = request;
    await tx.operation.updateMany({
      where: { id: operation.id },
      data: {
        state: 'paused',
        reason,
        pauseCause: cause,
        pausedStep: step,
        pausedHost: host,
        pausedAt: new Date(),
        waitingFor: [],
      },
    });
    await recordEvent(tx, { ...eventOf(operation), event: 'paused', actor, detail: reason });
    return 'written';
  });
}

/** Ends the operation: statuses, refunds, releases and its own row, in one transaction; a second call finds it done. */
export async function endOperation(db: PrismaClient, request: EndRequest): Promise<EndVerdict> {
  return db.$transaction(async (tx) => {
    const operation = await closeRow(tx, request);
    if (!operation) return (await lockInForce(tx, request))?.state === request.outcome ? 'written' : 'stale';
    const written = operation.released.filter((use) => use.role === 'writes');
    for (const { use, rule } of withRules(operation, written)) {
      await moveTo(tx, operation, use, statusAfter(rule, request.outcome, operation.tooLate), null);
    }
    await applyEnding(tx, operation, request);
    return 'written';
  });
}

/**
 * Ends an operation at once because an administrator has taken a resource from it by force: under a new epoch, so that
 * neither its workflow nor a step on a host acts any more. Nothing is undone; its other resources go where an abort
 * leads them.
 */
export async function abandonOperation(
  tx: Prisma.TransactionClient,
  operationId: string,
  { actor, detail }: { readonly actor: string; readonly detail: string },
): Promise<void> {
  const operation = await lockOperation(tx, operationId);
  if (!operation || finishedStates.includes(operation.state)) return;
  for (const { use, rule } of await releaseAll(tx, operation)) {
    await moveTo(tx, operation, use, statusAfter(rule, 'aborted', operation.tooLate), null);
  }
  const reason = `${detail}; nothing was undone`;
  const [row] = await tx.$queryRaw<{ epoch: bigint }[]>`
    UPDATE operations SET epoch = nextval('operation_epoch_seq'), state = 'aborted', reason = ${reason},
      pause_cause = NULL, paused_step = NULL, paused_host = NULL, paused_at = NULL, waiting_for = '{}',
      finished_at = now(), updated_at = now()
    WHERE id = ${operationId}::uuid RETURNING epoch`;
  const epoch = row?.epoch ?? operation.epoch;
  const end = {
    operationId,
    epoch: epoch.toString(),
    outcome: 'aborted',
    reason,
    code: null,
    actor,
    result: null,
  } as const;
  await applyAbandonment(tx, operation, end);
  await recordEvent(tx, { operationId, epoch, event: 'reset-status', actor, detail });
  await recordEvent(tx, { operationId, epoch, event: 'aborted', actor, detail: reason });
}

interface ClosedOperation extends OperationRow {
  /** Everything that it held until now, reads included. */
  readonly released: readonly (ResourceUseRow & { readonly role: string })[];
}

/** Writes the end into the operation's row and ends its holds, if this claim is in force and it has not ended yet. */
async function closeRow(tx: Prisma.TransactionClient, request: EndRequest): Promise<ClosedOperation | null> {
  const result = request.result === null ? null : JSON.stringify(request.result);
  const rows = await tx.$queryRaw<ClosedOperation[]>`
    WITH operation AS (
      UPDATE operations SET state = ${request.outcome satisfies OperationState}, reason = ${request.reason},
        result = ${result}::jsonb, finished_at = now(), updated_at = now(),
        pause_cause = NULL, paused_step = NULL, paused_host = NULL, paused_at = NULL, waiting_for = '{}'
      WHERE id = ${request.operationId}::uuid AND epoch = ${BigInt(request.epoch)}
        AND state NOT IN (${Prisma.join([...finishedStates])})
      RETURNING *),
    released AS (
      UPDATE operation_resources AS used SET held = false FROM operation
      WHERE used.operation_id = operation.id AND used.held
      RETURNING used.resource_type, used.resource_id, used.previous_status, used.role),
    event AS (
      INSERT INTO operation_events (operation_id, epoch, event, actor, detail)
      SELECT id, epoch, ${request.outcome}, ${request.actor}, ${request.reason} FROM operation)
    SELECT ${operationColumns}, (
      SELECT coalesce(json_agg(json_build_object('resource', resource_type, 'id', resource_id,
        'previousStatus', previous_status, 'role', role)), '[]') FROM released) AS released
    FROM operation`;
  return rows[0] ?? null;
}

const eventOf = (operation: OperationRow) => ({ operationId: operation.id, epoch: operation.epoch });

function statusAfter(rule: ClaimRule, outcome: EndRequest['outcome'], tooLate: boolean): string {
  if (outcome === 'succeeded') return rule.done;
  if (outcome === 'failed') return rule.failed;
  return tooLate ? (rule.abortedTooLate ?? rule.aborted) : rule.aborted;
}

async function lockInForce(tx: Prisma.TransactionClient, claim: ClaimPair): Promise<OperationRow | null> {
  const operation = await lockOperation(tx, claim.operationId);
  return operation?.epoch === BigInt(claim.epoch) ? operation : null;
}

interface HeldClaim {
  readonly use: ResourceUseRow;
  readonly rule: ClaimRule;
}

interface ResourceUseRow {
  readonly resource: ResourceType;
  readonly id: string;
  readonly previousStatus: string | null;
}

async function releaseAll(tx: Prisma.TransactionClient, operation: OperationRow): Promise<HeldClaim[]> {
  const uses = await tx.$queryRaw<(ResourceUseRow & { role: string })[]>`
    UPDATE operation_resources SET held = false WHERE operation_id = ${operation.id}::uuid AND held
    RETURNING resource_type AS resource, resource_id AS id, previous_status AS "previousStatus", role`;
  return withRules(
    operation,
    uses.filter((use) => use.role === 'writes'),
  );
}

async function heldClaims(tx: Prisma.TransactionClient, operation: OperationRow): Promise<HeldClaim[]> {
  const uses = await tx.operationResource.findMany({
    where: { operationId: operation.id, role: 'writes', held: true },
  });
  return withRules(
    operation,
    uses.map((use) => ({
      resource: use.resourceType as ResourceType,
      id: use.resourceId,
      previousStatus: use.previousStatus,
    })),
  );
}

function withRules(operation: OperationRow, uses: readonly ResourceUseRow[]): HeldClaim[] {
  const { claims } = ruleOf(operation.kind);
  return uses.flatMap((use) => {
    const rule = claims.find((claim) => claim.resource === use.resource);
    return rule ? [{ use, rule }] : [];
  });
}

/** Moves one resource on, if it is still this operation's: a reset-status or a take-over has the last word. */
async function moveTo(
  tx: Prisma.TransactionClient,
  operation: OperationRow,
  use: ResourceUseRow,
  target: string,
  owner: string | null,
): Promise<void> {
  const { resource, id } = use;
  if (target === 'deleted') return softDelete(tx, resource, id, operation.id);
  const status = target === 'previous' ? (use.previousStatus ?? 'error') : target;
  await passOn(tx, resource, id, { from: operation.id, status, operationId: owner });
}

async function release(tx: Prisma.TransactionClient, operation: OperationRow, use: ResourceUseRow): Promise<void> {
  await tx.operationResource.updateMany({
    where: { operationId: operation.id, resourceType: use.resource, resourceId: use.id },
    data: { held: false },
  });
}
