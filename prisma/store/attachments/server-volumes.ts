// Attaching a volume to a server: the attachment's row, inserted only where the volume may have one more.
import { lockResource } from '../database/resource-status.ts';
import type { Transaction } from '../database/transaction.ts';

export interface ServerAttachment {
  readonly id: string;
  readonly operationId: string;
  readonly volumeId: string;
  readonly instanceId: string;
  readonly host: string;
  readonly device: string | null;
  readonly multiattach: boolean;
}

/** The volume cannot have this attachment. */
export class NotAttachableError extends Error {
  readonly why: 'status' | 'same-server';
  readonly status: string | null;

  constructor(why: 'status' | 'same-server', status: string | null) {
    super(`the volume cannot be attached: ${why}`);
    this.why = why;
    this.status = status;
  }
}

/** Inserts the row, owned by the operation that attaches. Throws NotAttachableError. */
export async function insertServerAttachment(tx: Transaction, wish: ServerAttachment): Promise<void> {
  const { id, operationId, volumeId, instanceId, host, device, multiattach } = wish;
  const state = await lockResource(tx, 'volume', volumeId);
  const live = { volumeId, instanceId, deletedAt: null };
  if ((await tx.attachment.count({ where: live })) > 0) throw new NotAttachableError('same-server', null);
  const allowed = multiattach ? ['available', 'in-use'] : ['available'];
  if (!state || state.operationId !== null || !allowed.includes(state.status)) {
    throw new NotAttachableError('status', state?.status ?? null);
  }
  await tx.attachment.create({
    data: {
      ...{ id, operationId, volumeId, instanceId },
      attachedHost: host,
      mountpoint: device,
      attachMode: 'rw',
      attachStatus: 'attaching',
    },
  });
}
