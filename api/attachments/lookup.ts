// Finds the attachment that a request names, among those that its caller may see.
import { findAttachment, type AttachmentRow } from '../../prisma/store/attachments/attachments.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { visibleTo } from '../lists/list.ts';

export const attachmentNotFound = (id: string): ApiError =>
  new ApiError('VolumeAttachmentNotFound', { filter: `attachment_id = ${id}` });

/** Throws VolumeAttachmentNotFound; another project's attachment is not found either. */
export async function mustFindAttachment(context: RequestContext, id: string): Promise<AttachmentRow> {
  const attachment = await findAttachment(context.db, id, visibleTo(context));
  if (!attachment) throw attachmentNotFound(id);
  return attachment;
}
