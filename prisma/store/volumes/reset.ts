// os-reset_status of a volume: its status, its attach status, its migration status, as an administrator says.
import { finishDetach } from '../attachments/changes.ts';
import { forceStatus } from '../operations/forced-status.ts';
import type { Transaction } from '../database/transaction.ts';

export interface VolumeReset {
  readonly id: string;
  readonly status?: string;
  readonly attachStatus?: string;
  /** null: none. */
  readonly migrationStatus?: string | null;
  readonly actor: string;
  readonly reason?: string;
}

/** Writes what is given; `detached` removes the volume's attachments. False when the volume is gone. */
export async function resetVolume(tx: Transaction, reset: VolumeReset): Promise<boolean> {
  const { id, status, attachStatus, migrationStatus, actor, reason } = reset;
  const forced = { resource: 'volume', id, actor, ...(reason === undefined ? {} : { reason }) } as const;
  if (status !== undefined && !(await forceStatus(tx, { ...forced, status }))) return false;
  const { count } = await tx.volume.updateMany({
    where: { id, deletedAt: null },
    data: { attachStatus, migrationStatus, updatedAt: new Date() },
  });
  if (count === 0) return false;
  if (attachStatus !== 'detached') return true;
  const attachments = await tx.attachment.findMany({ where: { volumeId: id, deletedAt: null }, select: { id: true } });
  for (const attachment of attachments) {
    await tx.attachment.update({ where: { id: attachment.id }, data: { operationId: null } });
    await finishDetach(tx, id, attachment.id);
  }
  return true;
}
