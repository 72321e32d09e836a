// The history of an operation: who did what to it, and when.
import type { OperationEventName } from '../../../domain/operation-events.ts';
import type { Prisma } from '../../generated/client.ts';

export interface OperationEventRecord {
  readonly operationId: string;
  readonly epoch: bigint;
  readonly event: OperationEventName;
  readonly actor: string;
  readonly detail?: string | null;
}

/** Adds a line to an operation's history, in the transaction that makes it true. */
export async function recordEvent(tx: Prisma.TransactionClient, record: OperationEventRecord): Promise<void> {
  await tx.operationEvent.create({ data: record });
}
