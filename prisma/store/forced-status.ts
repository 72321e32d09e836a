// Statuses that an administrator sets against the table: reset-state, and a forced delete's way around its conditions.
import type { ResourceType } from '../../domain/operations.ts';
import { recordEvent } from './operation-history.ts';
import { lockResource, writeStatus } from './resource-status.ts';
import type { Transaction } from './transaction.ts';

export interface ForcedStatus {
  readonly resource: ResourceType;
  readonly id: string;
  readonly status: string;
  /** Who asked, for the operation's history. */
  readonly actor: string;
}

/**
 * Gives a live row a status and no owner. An operation that owned it goes on, but has nothing more to say about the
 * row: its later transitions compare the owner first. False when the row is gone.
 */
export async function forceStatus(tx: Transaction, { resource, id, status, actor }: ForcedStatus): Promise<boolean> {
  const state = await lockResource(tx, resource, id);
  if (!state) return false;
  await writeStatus(tx, resource, id, { status, operationId: null });
  if (state.operationId === null) return true;
  const owner = await tx.operation.findUnique({ where: { id: state.operationId }, select: { epoch: true } });
  await recordEvent(tx, {
    operationId: state.operationId,
    epoch: owner?.epoch ?? 0n,
    event: 'reset-status',
    actor,
    detail: `${resource} ${id} was set from ${state.status} to ${status}`,
  });
  return true;
}

/** Makes the row fit for an operation that takes it from `statuses` only; true when it already was or now is. */
export async function forceInto(tx: Transaction, request: ForcedStatus, statuses: readonly string[]): Promise<boolean> {
  const state = await lockResource(tx, request.resource, request.id);
  if (!state) return false;
  if (state.operationId === null && statuses.includes(state.status)) return true;
  return forceStatus(tx, request);
}
