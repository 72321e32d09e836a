// What clients themselves change about attachments: reserving, connecting, completing, detaching. Each is one small
// transaction under the volume's lock, and none touches the status of a volume that an operation owns.
// https://docs.openstack.org/cinder/latest/contributor/attach_detach_conventions_v2.html
import { isUuid } from '../../../domain/ids.ts';
import { Prisma } from '../../generated/client.ts';
import { lockResource, writeStatus } from '../database/resource-status.ts';
import type { Transaction } from '../database/transaction.ts';

export interface Moved {
  readonly moved: boolean;
  /** The status found; null when the volume is gone. */
  readonly status: string | null;
}

/** Compare-and-swap of a volume's status; a volume that an operation owns stays. */
export async function moveVolume(tx: Transaction, id: string, from: readonly string[], to: string): Promise<Moved> {
  const state = await lockResource(tx, 'volume', id);
  const moved = state !== null && state.operationId === null && from.includes(state.status);
  if (moved) await writeStatus(tx, 'volume', id, { status: to, operationId: null });
  return { moved, status: state?.status ?? null };
}

/** os-unreserve: from `attaching` back to what its attachments say; anything else stays as it is. */
export async function unreserveVolume(tx: Transaction, id: string): Promise<void> {
  const state = await lockResource(tx, 'volume', id);
  if (state?.status !== 'attaching' || state.operationId !== null) return;
  const attachments = await tx.attachment.count({
    where: { volumeId: id, deletedAt: null, attachStatus: { notIn: ['detached', 'error_attaching'] } },
  });
  await writeStatus(tx, 'volume', id, { status: attachments > 0 ? 'in-use' : 'available', operationId: null });
}

/** os-begin_detaching: only a volume that is really attached. */
export async function beginDetaching(tx: Transaction, id: string): Promise<boolean> {
  await lockResource(tx, 'volume', id);
  const attached = await tx.volume.count({ where: { id, attachStatus: 'attached', deletedAt: null } });
  return attached > 0 && (await moveVolume(tx, id, ['in-use'], 'detaching')).moved;
}

export interface NewAttachment {
  readonly id: string;
  readonly volumeId: string;
  readonly instanceId: string | null;
  readonly multiattach: boolean;
  readonly attachMode: string;
}

/**
 * Reserves the volume for an attachment and inserts it. A second one of the same instance needs no free volume: that
 * is how Nova migrates a server to another host.
 */
export async function reserveAttachment(tx: Transaction, attachment: NewAttachment): Promise<Moved> {
  const { id, volumeId, instanceId, multiattach, attachMode } = attachment;
  const from = multiattach ? ['available', 'in-use', 'downloading'] : ['available', 'downloading'];
  const { moved, status } = await moveVolume(tx, volumeId, from, 'reserved');
  if (!moved && !(await isInstanceMoving(tx, attachment, status))) return { moved, status };
  await tx.attachment.create({ data: { id, volumeId, instanceId, attachMode, attachStatus: 'reserved' } });
  return { moved: true, status };
}

async function isInstanceMoving(tx: Transaction, attachment: NewAttachment, status: string | null): Promise<boolean> {
  const { volumeId, instanceId } = attachment;
  if (instanceId === null || status === null || !['in-use', 'reserved'].includes(status)) return false;
  return (await tx.attachment.count({ where: { volumeId, instanceId, deletedAt: null } })) > 0;
}

export interface Connected {
  readonly attachmentId: string;
  readonly volumeId: string;
  readonly host: string;
  readonly mountpoint: string;
  readonly attachMode: string;
}

/** After its connection has been made: the attachment and its volume are `attaching`. False when it is gone. */
export async function markAttaching(tx: Transaction, connected: Connected): Promise<boolean> {
  const { attachmentId, volumeId, host, mountpoint, attachMode } = connected;
  const volume = await lockResource(tx, 'volume', volumeId);
  const state = await lockResource(tx, 'attachment', attachmentId);
  if (!state || !volume) return false;
  const now = new Date();
  await tx.attachment.update({
    where: { id: attachmentId },
    data: { attachedHost: host, mountpoint, attachMode, attachedAt: now, updatedAt: now },
  });
  if (state.operationId === null) {
    await writeStatus(tx, 'attachment', attachmentId, { status: 'attaching', operationId: null });
  }
  await showOnVolume(tx, volumeId, { status: 'attaching', attachStatus: 'attaching' });
  return true;
}

/** os-complete: the attachment is attached, its volume in use. False when it is gone or an operation's. */
export async function completeAttachment(tx: Transaction, attachmentId: string, volumeId: string): Promise<boolean> {
  const volume = await lockResource(tx, 'volume', volumeId);
  const state = await lockResource(tx, 'attachment', attachmentId);
  if (!state || !volume || state.operationId !== null) return false;
  await writeStatus(tx, 'attachment', attachmentId, { status: 'attached', operationId: null });
  await showOnVolume(tx, volumeId, { status: 'in-use', attachStatus: 'attached' });
  return true;
}

export interface DirectAttachment {
  readonly id: string;
  readonly volumeId: string;
  readonly instanceId: string | null;
  readonly host: string | null;
  readonly mountpoint: string;
  readonly mode: string;
  readonly multiattach: boolean;
}

export type DirectAttachVerdict =
  | { readonly verdict: 'attached' }
  | { readonly verdict: 'other-mode' | 'taken' }
  | { readonly verdict: 'status'; readonly status: string | null };

/** os-attach: writes down that the volume is attached; the same attachment again is success. */
export async function attachDirectly(tx: Transaction, wish: DirectAttachment): Promise<DirectAttachVerdict> {
  const { id, volumeId, instanceId, host, mountpoint, mode, multiattach } = wish;
  const state = await lockResource(tx, 'volume', volumeId);
  if (!state || state.operationId !== null) return { verdict: 'status', status: state?.status ?? null };
  const known = await tx.attachment.findFirst({
    where: { volumeId, deletedAt: null, ...(instanceId === null ? { attachedHost: host } : { instanceId }) },
  });
  if (known) {
    await writeStatus(tx, 'volume', volumeId, { status: 'in-use', operationId: null });
    return { verdict: 'attached' };
  }
  const { adminMetadata } = await tx.volume.findUniqueOrThrow({ where: { id: volumeId } });
  const before = (adminMetadata as Record<string, string>)['attached_mode'];
  if (state.status === 'attaching' && before !== undefined && before !== mode) return { verdict: 'other-mode' };
  if (state.status === 'in-use' && !multiattach) return { verdict: 'taken' };
  if (!['available', 'attaching', 'reserved', 'in-use'].includes(state.status)) {
    return { verdict: 'status', status: state.status };
  }
  const now = new Date();
  await tx.attachment.create({
    data: {
      ...{ id, volumeId, instanceId, mountpoint },
      attachedHost: host,
      attachMode: mode,
      attachStatus: 'attached',
      attachedAt: now,
    },
  });
  await mergeAdmin(tx, volumeId, { attached_mode: mode });
  await showOnVolume(tx, volumeId, { status: 'in-use', attachStatus: 'attached' });
  return { verdict: 'attached' };
}

async function mergeAdmin(tx: Transaction, volumeId: string, entries: Record<string, string>): Promise<void> {
  await tx.$executeRaw`UPDATE volumes SET admin_metadata = admin_metadata || ${JSON.stringify(entries)}::jsonb
    WHERE id = ${volumeId}::uuid`;
}

/** What a volume shows for the most advanced of its attachments; those in error have never been used. */
const shownFor = [
  { attachStatus: 'attached', status: 'in-use' },
  { attachStatus: 'attaching', status: 'attaching' },
  { attachStatus: 'detaching', status: 'detaching' },
  { attachStatus: 'reserved', status: 'reserved' },
] as const;

/**
 * Removes an attachment (null: none) and gives the volume the statuses that the remaining ones make. An attachment that
 * an operation owns stays: false then.
 */
export async function finishDetach(tx: Transaction, volumeId: string, attachmentId: string | null): Promise<boolean> {
  const volume = await lockResource(tx, 'volume', volumeId);
  if (!volume) return true;
  if (attachmentId !== null && isUuid(attachmentId)) {
    const state = await lockResource(tx, 'attachment', attachmentId);
    if (state && state.operationId !== null) return false;
    await tx.attachment.updateMany({
      where: { id: attachmentId, volumeId, deletedAt: null },
      data: { attachStatus: 'detached', detachedAt: new Date(), deletedAt: new Date() },
    });
  }
  const left = await tx.attachment.findMany({ where: { volumeId, deletedAt: null }, select: { attachStatus: true } });
  const shown = shownFor.find(({ attachStatus }) => left.some((row) => row.attachStatus === attachStatus));
  await tx.$executeRaw`
    UPDATE volumes SET admin_metadata = admin_metadata - 'attached_mode' WHERE id = ${volumeId}::uuid`;
  await showOnVolume(tx, volumeId, shown ?? { status: 'available', attachStatus: 'detached' });
  return true;
}

/** The caller holds the volume's lock. The status is written only where nobody owns it. */
async function showOnVolume(
  tx: Transaction,
  volumeId: string,
  { status, attachStatus }: { readonly status: string; readonly attachStatus: string },
): Promise<void> {
  await tx.$executeRaw(
    Prisma.sql`UPDATE volumes SET attach_status = ${attachStatus}, updated_at = now() WHERE id = ${volumeId}::uuid`,
  );
  const state = await lockResource(tx, 'volume', volumeId);
  if (state && state.operationId === null && state.status !== status) {
    await writeStatus(tx, 'volume', volumeId, { status, operationId: null });
  }
}
