// An operation as JSON. Scoria's own resource: Cinder has none like it.
import { workflowIdOf } from '../../domain/operations.ts';
import { runbookOf } from '../../domain/pauses.ts';
import { skipLoss } from '../../domain/skips.ts';
import type { Operation, OperationEvent } from '../../prisma/generated/client.ts';
import { wireTime } from '../http/time.ts';
import type { BatchPage } from './batch.ts';

const numberOrNull = (value: bigint | null): number | null => (value === null ? null : Number(value));
const timeOrNull = (value: Date | null): string | null => (value === null ? null : wireTime(value));

export function operationView(operation: Operation) {
  return {
    id: operation.id,
    kind: operation.kind,
    state: operation.state,
    resource_type: operation.resourceType,
    resource_id: operation.resourceId,
    project_id: operation.projectId,
    user_id: operation.userId,
    request_id: operation.requestId,
    step: operation.step,
    bytes_done: numberOrNull(operation.bytesDone),
    bytes_total: numberOrNull(operation.bytesTotal),
    reason: operation.reason,
    waiting_for: operation.waitingFor,
    paused: operation.state === 'paused' ? pauseView(operation) : null,
    past_the_point_of_no_return: operation.tooLate,
    skipped_steps: operation.skippedSteps,
    workflow_id: workflowIdOf(operation),
    created_at: wireTime(operation.createdAt),
    updated_at: wireTime(operation.updatedAt),
    finished_at: timeOrNull(operation.finishedAt),
  };
}

/** What an operator needs to know first. */
function pauseView({ pauseCause, pausedAt, pausedHost, pausedStep }: Operation) {
  const loss = skipLoss(pausedStep);
  return {
    cause: pauseCause,
    since: timeOrNull(pausedAt),
    host: pausedHost,
    step: pausedStep,
    can_be_skipped: loss === null ? null : { lost: loss },
    runbook: runbookOf(pauseCause),
  };
}

export function eventView({ event, actor, detail, epoch, at }: OperationEvent) {
  return { event, actor, detail, epoch: Number(epoch), at: wireTime(at) };
}

export function batchView({ matched, outcomes, next }: BatchPage) {
  return {
    matched,
    results: outcomes.map(({ operation, accepted, message }) => ({
      id: operation.id,
      kind: operation.kind,
      resource_id: operation.resourceId,
      reason: operation.reason,
      accepted,
      message,
    })),
    next_marker: next?.id ?? null,
  };
}
