// os-update_snapshot_status: a report from outside about a snapshot that no operation of ours makes.
import { lockResource, writeStatus } from '../database/resource-status.ts';
import type { Transaction } from '../database/transaction.ts';

export interface SnapshotMove {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly progress: string | null;
}

/** Compare-and-swap of status and progress; false when the status has changed or an operation owns the snapshot. */
export async function moveSnapshot(tx: Transaction, { id, from, to, progress }: SnapshotMove): Promise<boolean> {
  const state = await lockResource(tx, 'snapshot', id);
  if (!state || state.status !== from || state.operationId !== null) return false;
  await writeStatus(tx, 'snapshot', id, { status: to, operationId: null });
  if (progress !== null) await tx.snapshot.update({ where: { id }, data: { progress } });
  return true;
}
