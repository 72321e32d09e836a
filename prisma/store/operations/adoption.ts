// A paused operation whose workflow is gone: a new run takes it over, to wait for orders without doing anything.
import { finishedStates, type OperationState } from '../../../domain/operations.ts';
import type { PrismaClient } from '../../generated/client.ts';
import { lockOperation } from './row.ts';

export type AdoptionVerdict =
  | {
      readonly verdict: 'waiting';
      readonly epoch: string;
      readonly reason: string;
      readonly cause: string | null;
      /** The step at which it was paused, where that is known. */
      readonly step: string | null;
    }
  /** It is not paused any more, and runs or waits to be run. */
  | { readonly verdict: 'unfinished' }
  | { readonly verdict: 'finished'; readonly state: OperationState; readonly reason: string | null };

/** Takes the operation over for a run under a fresh epoch; it stays paused. Repeating it for the same run is harmless. */
export async function adoptPaused(
  db: PrismaClient,
  { operationId, runId }: { readonly operationId: string; readonly runId: string },
): Promise<AdoptionVerdict> {
  return db.$transaction(async (tx) => {
    const operation = await lockOperation(tx, operationId);
    if (!operation) return { verdict: 'finished', state: 'aborted', reason: 'there is no such operation' };
    const { state } = operation;
    if (finishedStates.includes(state)) return { verdict: 'finished', state, reason: operation.reason };
    if (state !== 'paused') return { verdict: 'unfinished' };
    if (operation.runId !== runId) {
      await tx.$executeRaw`
        WITH adopted AS (
          UPDATE operations SET epoch = nextval('operation_epoch_seq'), run_id = ${runId}, updated_at = now()
          WHERE id = ${operationId}::uuid RETURNING id, epoch
        )
        INSERT INTO operation_events (operation_id, epoch, event, actor)
        SELECT id, epoch, 'waiting', 'scoria' FROM adopted`;
    }
    const row = await tx.operation.findUniqueOrThrow({ where: { id: operationId } });
    return {
      verdict: 'waiting',
      epoch: row.epoch.toString(),
      reason: row.reason ?? 'it was paused',
      cause: row.pauseCause,
      step: row.pausedStep,
    };
  });
}
