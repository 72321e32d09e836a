// Setting the state that a look at the storage has led to: only while the rows are still as they were then.
import type { StateFacts, StateProposal } from '../../../domain/state-check.ts';
import { lockResource } from '../database/resource-status.ts';
import type { Transaction } from '../database/transaction.ts';
import { forceStatus } from '../operations/forced-status.ts';
import { resetVolume } from '../volumes/reset.ts';
import { readStateFacts } from './facts.ts';

export interface StateChange {
  readonly facts: StateFacts;
  readonly proposal: StateProposal;
  readonly actor: string;
  readonly reason: string;
}

/**
 * Sets it, and ends what was under way on the resource under a new epoch, so that nothing of it acts any more. False when
 * the rows have changed since the look.
 */
export async function applyState(tx: Transaction, change: StateChange, serviceDownTimeS: number): Promise<boolean> {
  const { facts, proposal, actor, reason } = change;
  const { resource, id } = facts;
  await lockResource(tx, resource, id);
  const now = await readStateFacts(tx, facts, serviceDownTimeS);
  if (JSON.stringify(now) !== JSON.stringify(facts)) return false;
  const { status } = proposal;
  if (resource !== 'volume') return forceStatus(tx, { resource, id, status, actor, reason });
  const attachStatus = proposal.attachStatus ?? undefined;
  return resetVolume(tx, { id, status, ...(attachStatus ? { attachStatus } : {}), actor, reason });
}
