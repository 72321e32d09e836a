// Statuses that an administrator sets against the table: reset-state, and a forced delete's way around its conditions.
import type { ResourceType } from '../../../domain/operations.ts';
import { abandonOperation } from './end.ts';
import { recordEvent } from './history.ts';
import { lockResource, writeStatus } from '../database/resource-status.ts';
import type { Transaction } from '../database/transaction.ts';

export interface ForcedStatus {
  readonly resource: ResourceType;
  readonly id: string;
  readonly status: string;
  /** Who asked, for the operation's history. */
  readonly actor: string;
  readonly reason?: string;
}

/**
 * Gives a live row a status and no owner. An operation that owned it ends at once, under a new epoch, without undoing
 * anything: nothing of it acts after the administrator's word. False when the row is gone.
 */
export async function forceStatus(tx: Transaction, request: ForcedStatus): Promise<boolean> {
  const { resource, id, status, actor, reason } = request;
  const state = await lockResource(tx, resource, id);
  if (!state) return false;
  await writeStatus(tx, resource, id, { status, operationId: null });
  const detail = `${resource} ${id} was set from ${state.status} to ${status}${reason ? `: ${reason}` : ''}`;
  if (state.operationId === null) {
    await recordOnLast(tx, id, { actor, detail });
    return true;
  }
  await abandonOperation(tx, state.operationId, { actor, detail });
  return true;
}

/** Nobody owned it: the last operation about it keeps the record, where whoever asks what happened to it looks. */
async function recordOnLast(tx: Transaction, resourceId: string, by: { actor: string; detail: string }): Promise<void> {
  const last = await tx.operation.findFirst({
    where: { resourceId },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
  });
  if (last) await recordEvent(tx, { operationId: last.id, epoch: last.epoch, event: 'reset-status', ...by });
}

/** Makes the row fit for an operation that takes it from `statuses` only; true when it already was or now is. */
export async function forceInto(tx: Transaction, request: ForcedStatus, statuses: readonly string[]): Promise<boolean> {
  const state = await lockResource(tx, request.resource, request.id);
  if (!state) return false;
  if (state.operationId === null && statuses.includes(state.status)) return true;
  return forceStatus(tx, request);
}
