// A volume's status and attach status as its live attachments make them, once nobody owns it.
import type { Prisma } from '../../generated/client.ts';

/**
 * After an attach or a detach has ended: a volume with an attached attachment left is `in-use`, one without is
 * `available` if the operation left it in-use, and `attach_status` follows. Error statuses stay.
 */
export async function settleAttachments(tx: Prisma.TransactionClient, volumeId: string): Promise<void> {
  const attached = await tx.attachment.count({ where: { volumeId, deletedAt: null, attachStatus: 'attached' } });
  const status = attached > 0 ? 'in-use' : 'available';
  const other = attached > 0 ? 'available' : 'in-use';
  await tx.$executeRaw`
    UPDATE volumes SET attach_status = ${attached > 0 ? 'attached' : 'detached'},
      status = CASE WHEN status = ${other} AND operation_id IS NULL THEN ${status} ELSE status END
    WHERE id = ${volumeId}::uuid`;
}
