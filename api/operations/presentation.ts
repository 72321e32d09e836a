// How an operation is found and read in the Temporal UI.
import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import { ruleOf, type OperationKind } from '../../domain/operations.ts';
import type { StartableOperation } from '../../prisma/store/operations/accept-types.ts';

const keys = {
  resourceId: defineSearchAttributeKey('ResourceId', 'KEYWORD'),
  projectId: defineSearchAttributeKey('ProjectId', 'KEYWORD'),
  requestId: defineSearchAttributeKey('RequestId', 'KEYWORD'),
  backend: defineSearchAttributeKey('Backend', 'KEYWORD'),
  operationState: defineSearchAttributeKey('OperationState', 'KEYWORD'),
} as const;

/** Attributes by which an operator searches; the workflow adds what only it knows and changes OperationState. */
export function searchAttributesOf(operation: StartableOperation, state: 'running' | 'paused'): TypedSearchAttributes {
  const { backend } = operation.input as { backend?: string };
  return new TypedSearchAttributes([
    ...(backend === undefined ? [] : [{ key: keys.backend, value: backend }]),
    { key: keys.resourceId, value: operation.resourceId },
    { key: keys.projectId, value: operation.projectId },
    { key: keys.requestId, value: operation.requestId },
    { key: keys.operationState, value: state },
  ]);
}

/** One line in plain words: "Create volume 4f0c…, 10 GiB". */
export function summaryOf(operation: StartableOperation): string {
  const { title } = ruleOf(operation.kind as OperationKind);
  const input = operation.input as { sizeGib?: number; newSizeGib?: number; serverId?: string };
  const sizeGib = input.newSizeGib ?? input.sizeGib;
  const details = [
    sizeGib === undefined ? [] : `${sizeGib} GiB`,
    input.serverId === undefined ? [] : `server ${input.serverId}`,
  ].flat();
  return [`${title[0]?.toUpperCase()}${title.slice(1)} ${operation.resourceId}`, ...details].join(', ');
}
