// An attachment that a server uses is the Compute API's to remove: taking it away here would leave a device behind.
// https://docs.openstack.org/cinder/latest/configuration/block-storage/service-token.html (bug 2004555)
import { attachmentsOf, findAttachment, type AttachmentRow } from '../../prisma/store/attachments/attachments.ts';
import { findServer } from '../../prisma/store/attachments/servers.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { visibleTo } from '../lists/list.ts';

const conflict = (instanceId: string): ApiError =>
  new ApiError('ConflictNovaUsingAttachment', { instance_id: instanceId });

/** Throws ConflictNovaUsingAttachment when the attachment is connected to a server that we know. */
export async function mustNotBeServers({ db, isService }: RequestContext, attachment: AttachmentRow): Promise<void> {
  const { instanceId, connectionInfo } = attachment;
  if (isService || instanceId === null || connectionInfo === null) return;
  if (await findServer(db, instanceId)) throw conflict(instanceId);
}

/**
 * The attachment that a detach of `volumeId` means: the one named, or the only one; null when there is none at all.
 * Throws InvalidInput, and ConflictNovaUsingAttachment also where nobody can say which one is meant, as Cinder does.
 */
export async function attachmentToDetach(
  context: RequestContext,
  volumeId: string,
  attachmentId: string | null,
): Promise<AttachmentRow | null> {
  if (attachmentId !== null) {
    const attachment = await findAttachment(context.db, attachmentId, visibleTo(context));
    if (!attachment) throw conflict('');
    if (attachment.volumeId !== volumeId) {
      throw new ApiError('InvalidInput', { reason: 'Mismatched volume and attachment' });
    }
    await mustNotBeServers(context, attachment);
    return attachment;
  }
  const all = await attachmentsOf(context.db, volumeId);
  const [only] = all;
  if (!only) return null;
  if (all.length > 1 && !context.isService) throw conflict('');
  await mustNotBeServers(context, only);
  return only;
}
