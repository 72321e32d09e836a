// Cinder's user messages: what a tenant may know of a failure, by resource.
import { randomUUID } from 'node:crypto';
import type { Prisma } from '../../generated/client.ts';
import type { OperationRow } from '../operations/row.ts';

/** Cinder's `message_ttl`: 30 days. */
const messageTtlMs = 30 * 24 * 3600 * 1000;

/** Action ids as cinder/message/message_field.py numbers them. */
const actionIds: Readonly<Record<string, string>> = {
  volumeCreate: '001',
  volumeAttach: '002',
  volumeExtend: '007',
  snapshotCreate: '009',
  snapshotDelete: '010',
  backupCreate: '013',
  backupDelete: '014',
  backupRestore: '015',
  volumeManage: '006',
  volumeUpload: '003',
  volumeReimage: '016',
  volumeMigrate: '018',
  volumeRetype: '017',
};

/** Detail ids by the code of the error that ended the operation; everything else is "an unknown error". */
const detailIds: Readonly<Record<string, string>> = {
  NoValidBackend: '003',
  AttachRefused: '021',
};

/** What goes wrong with a new volume's image is not the scheduler's doing. */
const copyImageToVolume = '005';

/** Kinds of which Cinder says only that they did not work. */
const detailOfKind: Readonly<Record<string, string>> = { volumeUpload: '004', volumeReimage: '028' };

const resourceNames: Readonly<Record<string, string>> = {
  volume: 'VOLUME',
  snapshot: 'VOLUME_SNAPSHOT',
  backup: 'VOLUME_BACKUP',
};

/** Leaves a message for the tenant about an operation that failed. */
export async function leaveUserMessage(
  tx: Prisma.TransactionClient,
  operation: OperationRow,
  code: string | null,
): Promise<void> {
  const resourceType = resourceNames[operation.resourceType] ?? 'VOLUME';
  const isOfImage = operation.kind === 'volumeCreate' && code === 'ImageUnacceptable';
  const actionId = isOfImage ? copyImageToVolume : (actionIds[operation.kind] ?? '001');
  const detailId = detailOfKind[operation.kind] ?? detailIds[code ?? ''] ?? '001';
  await tx.message.create({
    data: {
      id: randomUUID(),
      projectId: operation.projectId,
      requestId: operation.requestId,
      resourceType,
      resourceId: operation.resourceId,
      eventId: `VOLUME_${resourceType}_${actionId}_${detailId}`,
      actionId,
      detailId,
      expiresAt: new Date(Date.now() + messageTtlMs),
    },
  });
}
