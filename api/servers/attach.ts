// Attaching a volume to a server and detaching it: operations that plug and unplug it on the compute host.
import { StatusConflictError } from '../../prisma/store/operations/accept-types.ts';
import type { AttachmentRow } from '../../prisma/store/attachments/attachments.ts';
import { insertServerAttachment, NotAttachableError } from '../../prisma/store/attachments/server-volumes.ts';
import type { ServerRow } from '../../prisma/store/attachments/servers.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { mustFindVolume } from '../volumes/lookup.ts';
import { volumeAttachmentView } from './view.ts';
import { submitOperation } from '../operations/submit.ts';

/** Statuses of servers whose disks can be changed. */
const attachable: readonly string[] = ['ACTIVE', 'PAUSED', 'SHUTOFF', 'SUSPENDED'];

export interface AttachWish {
  readonly volumeId: string;
  readonly device?: string | null;
}

function mustBeAttachable(server: ServerRow, doing: string): void {
  if (attachable.includes(server.status)) return;
  const detail = `Cannot '${doing}' instance ${server.id} while it is in vm_state ${server.status.toLowerCase()}`;
  throw new ApiError('Conflict', { detail });
}

/** Accepts the attachment and answers it; the volume is `in-use` once the server has it. */
export async function attachVolume(context: RequestContext, server: ServerRow, wish: AttachWish): Promise<Answer> {
  mustBeAttachable(server, 'attach_volume');
  const volume = await mustFindVolume(context, wish.volumeId);
  if (volume.host === null) throw new ApiError('InvalidVolume', { reason: notAvailable(volume.id, volume.status) });
  const attachmentId = context.newId('attachment');
  const device = wish.device || null;
  const { operationId } = context;
  try {
    await submitOperation(context, {
      kind: 'volumeAttach',
      resourceId: volume.id,
      projectId: volume.projectId,
      input: { volumeId: volume.id, attachmentId, serverId: server.id, computeHost: server.host, device },
      claims: [
        { resource: 'volume', id: volume.id },
        { resource: 'attachment', id: attachmentId },
      ],
      within: (tx) =>
        insertServerAttachment(tx, {
          id: attachmentId,
          operationId,
          volumeId: volume.id,
          instanceId: server.id,
          host: server.host,
          device,
          multiattach: volume.multiattach,
        }),
    });
  } catch (error) {
    throw attachFault(error, volume.id, server.id);
  }
  return answerAttached(volume.id, server.id, device);
}

/** Also a repeat under an Idempotency-Key whose first answer was lost. */
export function answerAttached(volumeId: string, serverId: string, device: string | null): Answer {
  return { status: 200, body: { volumeAttachment: volumeAttachmentView({ volumeId, mountpoint: device }, serverId) } };
}

const notAvailable = (volumeId: string, status: string | null): string =>
  `volume '${volumeId}' status must be 'available'. Currently in '${status ?? 'deleted'}'`;

function attachFault(error: unknown, volumeId: string, serverId: string): unknown {
  if (error instanceof StatusConflictError) {
    return new ApiError('InvalidVolume', { reason: notAvailable(volumeId, error.status) });
  }
  if (!(error instanceof NotAttachableError)) return error;
  const reason =
    error.why === 'same-server'
      ? `Volume ${volumeId} is already attached to instance ${serverId}`
      : notAvailable(volumeId, error.status);
  return new ApiError('InvalidVolume', { reason });
}

/** Accepts the detachment; the volume is free once the server has let go of it. */
export async function detachVolume(
  context: RequestContext,
  server: ServerRow,
  attachment: AttachmentRow,
): Promise<void> {
  mustBeAttachable(server, 'detach_volume');
  const { id: attachmentId, volumeId, projectId } = attachment;
  try {
    await submitOperation(context, {
      kind: 'volumeDetach',
      resourceId: volumeId,
      projectId,
      input: { volumeId, attachmentId, serverId: server.id, computeHost: server.host },
      claims: [
        { resource: 'volume', id: volumeId },
        { resource: 'attachment', id: attachmentId },
      ],
    });
  } catch (error) {
    if (!(error instanceof StatusConflictError)) throw error;
    const reason =
      "Unable to detach volume. Volume status must be 'in-use' and attach_status must be 'attached' to detach.";
    throw new ApiError('InvalidVolume', { reason });
  }
}
