// An operation's row, locked and read in one statement: every step of an operation begins with it.
import type { Prisma } from '../../generated/client.ts';
import type { OperationKind, OperationState, ResourceType } from '../../../domain/operations.ts';

/** The columns that the lifecycle needs. */
export interface OperationRow {
  readonly id: string;
  readonly kind: OperationKind;
  readonly state: OperationState;
  readonly resourceType: ResourceType;
  readonly resourceId: string;
  readonly projectId: string;
  readonly requestId: string;
  readonly epoch: bigint;
  readonly runId: string | null;
  readonly input: Readonly<Record<string, unknown>>;
  readonly quota: readonly { readonly resource: string; readonly delta: number }[];
  readonly reason: string | null;
  /** Its point of no return has been passed. */
  readonly tooLate: boolean;
  readonly skippedSteps: readonly string[];
  readonly createdAt: Date;
}

/** Locks the row until the transaction ends; null when there is none. */
export async function lockOperation(tx: Prisma.TransactionClient, id: string): Promise<OperationRow | null> {
  const rows = await tx.$queryRaw<OperationRow[]>`
    SELECT id, kind, state, resource_type AS "resourceType", resource_id AS "resourceId", project_id AS "projectId",
      request_id AS "requestId", epoch, run_id AS "runId", input, quota, reason, too_late AS "tooLate",
      skipped_steps AS "skippedSteps", created_at AS "createdAt"
    FROM operations WHERE id = ${id}::uuid FOR UPDATE`;
  return rows[0] ?? null;
}
