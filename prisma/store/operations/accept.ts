// Accepting an operation: one transaction that inserts it, claims its resources and uses its quota, or does nothing.
import {
  finishedStates,
  mayComeFrom,
  ruleOf,
  type OperationKind,
  type ResourceType,
} from '../../../domain/operations.ts';
import { Prisma, type PrismaClient } from '../../generated/client.ts';
import { StatusConflictError, type AcceptRequest, type ResourceUse, type StartableOperation } from './accept-types.ts';
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
  'volumeReimage',
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
export async function accept(
  db: PrismaClient,
  request: AcceptRequest,
  settings: AcceptSettings,
): Promise<StartableOperation> {
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

/** The operation and everything that it uses, in one statement. */
async function insertOperation(
  tx: Prisma.TransactionClient,
  request: AcceptRequest,
  input: Prisma.InputJsonObject,
  claimed: readonly ClaimedBefore[],
): Promise<StartableOperation> {
  const { operationId: id, kind, resourceId, projectId, userId, requestId } = request;
  const { resource } = ruleOf(kind);
  const uses = [
    ...claimed.map(({ use, previousStatus }) => ({ ...use, role: 'writes', before: previousStatus })),
    ...request.reads.map((use) => ({ ...use, role: 'reads', before: null })),
  ];
  await tx.$executeRaw`
    WITH operation AS (
      INSERT INTO operations (id, kind, resource_type, resource_id, project_id, user_id, request_id, input, quota)
      VALUES (${id}::uuid, ${kind}, ${resource}, ${resourceId}::uuid, ${projectId}, ${userId}, ${requestId},
        ${JSON.stringify(input)}::jsonb, ${JSON.stringify(request.quota)}::jsonb)
      RETURNING id),
    event AS (
      INSERT INTO operation_events (operation_id, epoch, event, actor, detail)
      SELECT id, 0, 'accepted', ${userId}, ${requestId} FROM operation)
    INSERT INTO operation_resources (operation_id, resource_type, resource_id, role, previous_status)
    SELECT operation.id, use.resource, use.id, use.role, use.before
    FROM operation, json_to_recordset(${JSON.stringify(uses)}::json)
      AS use(resource text, id uuid, role text, before text)`;
  return { id, kind, resourceId, projectId, requestId, input };
}

async function claimForAccept(
  tx: Prisma.TransactionClient,
  request: AcceptRequest,
  use: ResourceUse,
): Promise<ClaimedBefore> {
  const rule = ruleOf(request.kind).claims.find((claim) => claim.resource === use.resource);
  if (!rule) throw new TypeError(`${request.kind} claims no ${use.resource}`);
  const inserted = { use, previousStatus: null, takenFrom: null };
  // `within` has just inserted it for this operation, or failed.
  if (rule.from.every((status) => status === 'new')) return inserted;
  const state = await lockResource(tx, use.resource, use.id);
  if (state && state.operationId === request.operationId) return inserted;
  const takenFrom = state?.operationId ? await pausedOwner(tx, request.kind, state.operationId) : null;
  const free = state !== null && (state.operationId === null || takenFrom !== null);
  if (!free || (takenFrom === null && !mayComeFrom(rule, state.status))) {
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
