// Attachments as Cinder shows them.
import type { AttachmentRow } from '../../prisma/store/attachments/attachments.ts';
import { attachmentConnectionView, type ConnectionFacts, type StoredConnection } from './connection-view.ts';

export function attachmentSummaryView(row: AttachmentRow): Record<string, unknown> {
  return { id: row.id, status: row.attachStatus, instance: row.instanceId, volume_id: row.volumeId };
}

/** With times, mode and connection; the facts are those of its volume. */
export function attachmentDetailView(row: AttachmentRow, facts: ConnectionFacts): Record<string, unknown> {
  const stored = row.connectionInfo as StoredConnection | null;
  const { adminMetadata, connector } = row;
  return {
    ...attachmentSummaryView(row),
    attached_at: row.attachedAt ?? '',
    detached_at: row.detachedAt ?? '',
    attach_mode: row.attachMode,
    connection_info: stored ? attachmentConnectionView(row.id, stored, { adminMetadata, connector, ...facts }) : {},
  };
}
