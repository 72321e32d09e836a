// Reserving a volume with an attachment and connecting it, in Cinder's conditions and words.
import { markAttaching, reserveAttachment } from '../../prisma/store/attachments/changes.ts';
import { attachmentsOf, findAttachment, type AttachmentRow } from '../../prisma/store/attachments/attachments.ts';
import { inTransaction } from '../../prisma/store/database/transaction.ts';
import type { VolumeRow } from '../../prisma/store/volumes/volumes.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { mustFindVolume } from '../volumes/lookup.ts';
import { initializeConnection, type Connector } from './connect.ts';
import { attachmentNotFound, mustFindAttachment } from './lookup.ts';
import { attachmentPolicy } from './policy.ts';

export interface CreateAttachmentWish {
  readonly instance_uuid?: string;
  readonly volume_uuid: string;
  readonly connector?: Connector | null;
  readonly mode?: 'rw' | 'ro';
}

/** Reserves the volume, and connects it if a connector is given. Answers the row as Cinder shows it then. */
export async function createAttachment(context: RequestContext, wish: CreateAttachmentWish): Promise<AttachmentRow> {
  const volume = await mustFindVolume(context, wish.volume_uuid);
  context.authorize(attachmentPolicy.create, volume);
  if (volume.status.includes('error')) {
    const reason =
      'Volume attachments can not be created if the volume is in an error state. ' +
      `The Volume ${volume.id} currently has a status of: ${volume.status} `;
    throw new ApiError('InvalidVolume', { reason });
  }
  const id = context.newId('attachment');
  const attachMode = (JSON.parse(volume.adminMetadataJson) as Record<string, string>)['readonly']
    ? 'ro'
    : (wish.mode ?? 'null');
  await reserve(context, volume, { id, instanceId: wish.instance_uuid ?? null, attachMode });
  if (wish.connector && Object.keys(wish.connector).length > 0) {
    const reserved = await mustFindAttachment(context, id);
    await connect(context, volume, reserved, { connector: wish.connector, keptMode: attachMode });
  }
  const row = await mustFindAttachment(context, id);
  // As Cinder answers: what the row was before the connection was made, with the connection.
  return { ...row, attachStatus: 'reserved', attachedAt: null, attachMode };
}

async function reserve(
  context: RequestContext,
  volume: VolumeRow,
  wish: { readonly id: string; readonly instanceId: string | null; readonly attachMode: string },
): Promise<void> {
  const statuses = volume.multiattach ? 'available or in-use or downloading' : 'available or downloading';
  // Not the context's transaction: the answer comes later.
  await inTransaction(context.db, async (tx) => {
    // A repeat under an Idempotency-Key finds what it has made.
    if (await findAttachment(tx, wish.id, null)) return;
    const { multiattach } = volume;
    const { moved, status } = await reserveAttachment(tx, { ...wish, volumeId: volume.id, multiattach });
    if (moved) return;
    if (status === null) throw new ApiError('VolumeNotFound', { volume_id: volume.id });
    const reason = `Volume ${volume.id} status must be ${statuses} to reserve, but the current status is ${status}.`;
    throw new ApiError('InvalidVolume', { reason });
  });
}

/** Has the volume exported for the connector and writes down that the attachment is attaching. */
async function connect(
  context: RequestContext,
  volume: VolumeRow,
  attachment: AttachmentRow,
  /** `keptMode` null: the mode that the connection was made with is kept. */
  { connector, keptMode }: { readonly connector: Connector; readonly keptMode: string | null },
): Promise<void> {
  const { id, volumeId, attachMode } = attachment;
  const mode = attachMode !== null && attachMode !== 'null' ? attachMode : connector['mode'] === 'ro' ? 'ro' : 'rw';
  await initializeConnection(context, volume, { attachmentId: id, connector: { ...connector, mode }, mode });
  const host = textOf(connector['host'], '');
  const mountpoint = textOf(connector['mountpoint'], 'na');
  const connected = { attachmentId: id, volumeId, host, mountpoint, attachMode: keptMode ?? mode };
  if (!(await inTransaction(context.db, (tx) => markAttaching(tx, connected)))) throw attachmentNotFound(id);
}

const textOf = (value: unknown, fallback: string): string => (typeof value === 'string' ? value : fallback);

/** Connects an attachment that is there. Answers the row as it was before, with the connection, as Cinder does. */
export async function connectAttachment(
  context: RequestContext,
  attachment: AttachmentRow,
  connector: Connector,
): Promise<AttachmentRow> {
  context.authorize(attachmentPolicy.update, attachment);
  const volume = await mustFindVolume(context, attachment.volumeId);
  if (volume.status.includes('error')) {
    const reason =
      'Volume attachments can not be updated if the volume is in an error state. ' +
      `The Volume ${volume.id} currently has a status of: ${volume.status} `;
    throw new ApiError('Conflict', { detail: `Resource conflict: ${reason}` });
  }
  await mustBeOnlyConnection(context, volume);
  await connect(context, volume, attachment, { connector, keptMode: null });
  const row = await mustFindAttachment(context, attachment.id);
  const { attachStatus, attachedAt, attachMode } = attachment;
  return { ...row, attachStatus, attachedAt, attachMode };
}

/** Several attachments of a volume that is not for several servers: only one may be connected. */
async function mustBeOnlyConnection(context: RequestContext, volume: VolumeRow): Promise<void> {
  if (volume.multiattach) return;
  const all = await attachmentsOf(context.db, volume.id);
  if (all.length > 1 && all.some((row) => row.connectionInfo !== null)) {
    throw new ApiError('Conflict', {
      detail: `Resource conflict: duplicate connectors detected on volume ${volume.id}`,
    });
  }
}
