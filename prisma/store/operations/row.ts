// An operation's row, locked and read in one statement: every step of an operation begins with it.
import { Prisma } from '../../generated/client.ts';
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

/** The columns of an OperationRow, of the table or its alias `operation`. */
export const operationColumns = Prisma.raw(`operation.id, operation.kind, operation.state,
  operation.resource_type AS "resourceType", operation.resource_id AS "resourceId",
  operation.project_id AS "projectId", operation.request_id AS "requestId", operation.epoch, operation.run_id AS "runId",
  operation.input, operation.quota, operation.reason, operation.too_late AS "tooLate",
  operation.skipped_steps AS "skippedSteps", operation.created_at AS "createdAt"`);

/** Locks the row until the transaction ends; null when there is none. */
export async function lockOperation(tx: Prisma.TransactionClient, id: string): Promise<OperationRow | null> {
  const rows = await tx.$queryRaw<OperationRow[]>`
    SELECT ${operationColumns} FROM operations AS operation WHERE id = ${id}::uuid FOR UPDATE`;
  return rows[0] ?? null;
}
