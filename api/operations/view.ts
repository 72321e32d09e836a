// An operation as JSON. Scoria's own resource: Cinder has none like it.
import { workflowIdOf } from '../../domain/operations.ts';
import type { Operation, OperationEvent } from '../../prisma/generated/client.ts';
import { wireTime } from '../http/time.ts';

const numberOrNull = (value: bigint | null): number | null => (value === null ? null : Number(value));

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
    workflow_id: workflowIdOf(operation),
    created_at: wireTime(operation.createdAt),
    updated_at: wireTime(operation.updatedAt),
    finished_at: operation.finishedAt === null ? null : wireTime(operation.finishedAt),
  };
}

export function eventView({ event, actor, detail, epoch, at }: OperationEvent) {
  return { event, actor, detail, epoch: Number(epoch), at: wireTime(at) };
}
