// Statuses that an administrator sets against the table: reset-state, and a forced delete's way around its conditions.
import type { ResourceType } from '../../../domain/operations.ts';
import { abandonOperation } from './end.ts';
import { lockResource, writeStatus } from '../database/resource-status.ts';
import type { Transaction } from '../database/transaction.ts';

export interface ForcedStatus {
  readonly resource: ResourceType;
  readonly id: string;
  readonly status: string;
  /** Who asked, for the operation's history. */
  readonly actor: string;
}

/**
 * Gives a live row a status and no owner. An operation that owned it ends at once, under a new epoch, without undoing
 * anything: nothing of it acts after the administrator's word. False when the row is gone.
 */
export async function forceStatus(tx: Transaction, { resource, id, status, actor }: ForcedStatus): Promise<boolean> {
  const state = await lockResource(tx, resource, id);
  if (!state) return false;
  await writeStatus(tx, resource, id, { status, operationId: null });
  if (state.operationId === null) return true;
  const detail = `${resource} ${id} was set from ${state.status} to ${status}`;
  await abandonOperation(tx, state.operationId, { actor, detail });
  return true;
}

/** Makes the row fit for an operation that takes it from `statuses` only; true when it already was or now is. */
export async function forceInto(tx: Transaction, request: ForcedStatus, statuses: readonly string[]): Promise<boolean> {
  const state = await lockResource(tx, request.resource, request.id);
  if (!state) return false;
  if (state.operationId === null && statuses.includes(state.status)) return true;
  return forceStatus(tx, request);
}
