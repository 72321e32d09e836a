// The history of an operation: who did what to it, and when.
import type { Prisma } from '../generated/client.ts';

export interface OperationEventRecord {
  readonly operationId: string;
  readonly epoch: bigint;
  readonly event: 'claimed' | 'paused' | 'retried' | 'aborted' | 'succeeded' | 'failed' | 'released' | 'reset-status';
  readonly actor: string;
  readonly detail?: string;
}

/** Adds a line to an operation's history, in the transaction that makes it true. */
export async function recordEvent(tx: Prisma.TransactionClient, record: OperationEventRecord): Promise<void> {
  await tx.operationEvent.create({ data: record });
}
