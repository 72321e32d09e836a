// Accepting an operation: one transaction that inserts it, claims its resources and uses its quota, or does nothing.
import { finishedStates, ruleOf, type OperationKind, type ResourceType } from '../../../domain/operations.ts';
import { Prisma, type Operation, type PrismaClient } from '../../generated/client.ts';
import { StatusConflictError, type AcceptRequest, type ResourceUse } from './accept-types.ts';
import { chargeQuota } from '../capacity/quota-usage.ts';
import { lockResource, writeStatus } from '../database/resource-status.ts';

/** Kinds that may take a resource over from an operation that is paused: deleting it is a way out of the pause. */
const takeOverKinds: ReadonlySet<OperationKind> = new Set([
  'volumeDelete',
  'snapshotDelete',
  'backupDelete',
  'volumeUnmanage',
  'snapshotUnmanage',
  'groupDelete',
  'groupSnapshotDelete',
]);

/** Kinds that take bytes away, or put others in their place: nobody reads the resource meanwhile. */
const exclusiveKinds: ReadonlySet<OperationKind> = new Set([
  ...takeOverKinds,
  'volumeRevert',
  'volumeMigrate',
  'volumeRetype',
]);

export interface AcceptSettings {
  /** Limits of a project that has none of its own: resource → limit, -1 for none. */
  readonly quotaDefaults: Readonly<Record<string, number>>;
}

interface ClaimedBefore {
  readonly use: ResourceUse;
  readonly previousStatus: string | null;
  readonly takenFrom: string | null;
}

/**
 * Accepts one operation. When this returns, it will be run, whatever dies next.
 * Throws StatusConflictError and QuotaExceededError; nothing has changed then.
 */
export async function accept(db: PrismaClient, request: AcceptRequest, settings: AcceptSettings): Promise<Operation> {
  return db.$transaction(async (tx) => {
    await request.within?.(tx);
    const claimed: ClaimedBefore[] = [];
    for (const use of request.claims) claimed.push(await claimForAccept(tx, request, use));
    for (const use of request.reads) await mustStay(tx, use);
    const supersedes = claimed.flatMap((claim) => claim.takenFrom ?? []);
    const input = supersedes.length > 0 ? { ...request.input, supersedes } : request.input;
    const operation = await insertOperation(tx, request, input, claimed);
    await chargeQuota(tx, request.projectId, request.quota, settings.quotaDefaults);
    return operation;
  });
}

async function insertOperation(
  tx: Prisma.TransactionClient,
  request: AcceptRequest,
  input: Prisma.InputJsonObject,
  claimed: readonly ClaimedBefore[],
): Promise<Operation> {
  const operation = await tx.operation.create({
    data: {
      id: request.operationId,
      kind: request.kind,
      resourceType: ruleOf(request.kind).resource,
      resourceId: request.resourceId,
      projectId: request.projectId,
      userId: request.userId,
      requestId: request.requestId,
      input,
      quota: request.quota as unknown as Prisma.InputJsonArray,
    },
  });
  const uses = [
    ...claimed.map(({ use, previousStatus }) => ({ ...use, role: 'writes', previousStatus })),
    ...request.reads.map((use) => ({ ...use, role: 'reads', previousStatus: null })),
  ];
  // One statement: every request passes here.
  await tx.$executeRaw`
    WITH event AS (
      INSERT INTO operation_events (operation_id, epoch, event, actor, detail)
      VALUES (${operation.id}::uuid, 0, 'accepted', ${request.userId}, ${request.requestId})
    )
    INSERT INTO operation_resources (operation_id, resource_type, resource_id, role, previous_status)
    SELECT ${operation.id}::uuid, used.* FROM unnest(
      ${uses.map((use) => use.resource)}::text[], ${uses.map((use) => use.id)}::uuid[],
      ${uses.map((use) => use.role)}::text[], ${uses.map((use) => use.previousStatus)}::text[]) AS used`;
  return operation;
}

async function claimForAccept(
  tx: Prisma.TransactionClient,
  request: AcceptRequest,
  use: ResourceUse,
): Promise<ClaimedBefore> {
  const rule = ruleOf(request.kind).claims.find((claim) => claim.resource === use.resource);
  if (!rule) throw new TypeError(`${request.kind} claims no ${use.resource}`);
  const state = await lockResource(tx, use.resource, use.id);
  if (state && state.operationId === request.operationId) {
    // `within` has just inserted it for this operation.
    return { use, previousStatus: null, takenFrom: null };
  }
  const takenFrom = state?.operationId ? await pausedOwner(tx, request.kind, state.operationId) : null;
  const free = state !== null && (state.operationId === null || takenFrom !== null);
  if (!free || (takenFrom === null && !rule.from.includes(state.status))) {
    throw new StatusConflictError(use.resource, use.id, state?.status ?? null);
  }
  await mustNotBeRead(tx, request.kind, use, state.status);
  await writeStatus(tx, use.resource, use.id, { status: rule.during, operationId: request.operationId });
  return { use, previousStatus: state.status, takenFrom };
}

/** The owner's id if it is paused and this kind may take over from it, else null. */
async function pausedOwner(tx: Prisma.TransactionClient, kind: OperationKind, ownerId: string): Promise<string | null> {
  if (!takeOverKinds.has(kind)) return null;
  const owner = await tx.operation.findUnique({ where: { id: ownerId }, select: { state: true } });
  return owner?.state === 'paused' ? ownerId : null;
}

/** Refused while another operation reads the resource (design: what is being read stays). */
async function mustNotBeRead(
  tx: Prisma.TransactionClient,
  kind: OperationKind,
  use: ResourceUse,
  status: string,
): Promise<void> {
  if (!exclusiveKinds.has(kind)) return;
  const readers = await tx.$queryRaw<{ id: string }[]>`
    SELECT operation.id FROM operation_resources AS used JOIN operations AS operation ON operation.id = used.operation_id
    WHERE used.resource_id = ${use.id}::uuid AND used.role = 'reads' AND used.held
      AND operation.state NOT IN (${Prisma.join([...finishedStates])})
    LIMIT 1`;
  if (readers.length > 0) throw new StatusConflictError(use.resource, use.id, status);
}

/** What an operation reads must be alive and nobody's to change; its lock orders us against a delete of it. */
async function mustStay(tx: Prisma.TransactionClient, use: { resource: ResourceType; id: string }): Promise<void> {
  const state = await lockResource(tx, use.resource, use.id);
  const stays = state !== null && state.status !== 'deleting' && !(await isTaken(tx, state.operationId));
  if (!stays) throw new StatusConflictError(use.resource, use.id, state?.status ?? null);
}

async function isTaken(tx: Prisma.TransactionClient, ownerId: string | null): Promise<boolean> {
  if (ownerId === null) return false;
  const owner = await tx.operation.findUnique({ where: { id: ownerId }, select: { kind: true } });
  return owner !== null && exclusiveKinds.has(owner.kind as OperationKind);
}
