// What the ending of each kind of operation changes besides statuses: sizes, refunds, releases, user messages.
import type { OperationKind } from '../../../domain/operations.ts';
import { backupQuota } from '../../../domain/quota.ts';
import type { Prisma } from '../../generated/client.ts';
import { settleAttachments } from '../attachments/settling.ts';
import {
  creationUndone,
  inputOf,
  nothing,
  snapshotFinished,
  snapshotGone,
  volumeGone,
  volumeCreated,
  type Ending,
} from './ending-parts.ts';
import { storageEndings } from './storage-effects.ts';
import { groupEndings } from '../groups/effects.ts';
import type { EndRequest } from './end.ts';
import type { OperationRow } from './row.ts';
import { forgetUserToken } from './user-tokens.ts';
import { release, shrinkTo } from '../capacity/pool-allocation.ts';
import { refundQuota } from '../capacity/quota-usage.ts';
import { leaveUserMessage } from '../messages/user-messages.ts';

const endings = {
  volumeCreate: { succeeded: volumeCreated, unsuccessful: creationUndone },
  volumeDelete: { succeeded: volumeGone, unsuccessful: nothing },
  volumeExtend: { succeeded: volumeGrown, unsuccessful: extendRefunded },
  snapshotCreate: { succeeded: snapshotFinished, unsuccessful: nothing },
  snapshotDelete: { succeeded: snapshotGone, unsuccessful: nothing },
  connectionInitialize: { succeeded: nothing, unsuccessful: nothing },
  connectionTerminate: { succeeded: nothing, unsuccessful: nothing },
  volumeAttach: { succeeded: attached, unsuccessful: settled },
  volumeDetach: { succeeded: settled, unsuccessful: settled },
  backupCreate: { succeeded: backupFinished, unsuccessful: backupFailed },
  backupDelete: { succeeded: backupGone, unsuccessful: nothing },
  backupRestore: { succeeded: volumeRestored, unsuccessful: restoreUndone },
  ...storageEndings,
  ...groupEndings,
} as const satisfies Record<OperationKind, { succeeded: Ending; unsuccessful: Ending }>;

/** Applies the ending inside the transaction that ends the operation. */
export async function applyEnding(
  tx: Prisma.TransactionClient,
  operation: OperationRow,
  end: EndRequest,
): Promise<void> {
  const { kind } = operation;
  await forgetUserToken(tx, operation);
  if (end.outcome === 'succeeded') return endings[kind].succeeded(tx, operation, end);
  await endings[kind].unsuccessful(tx, operation, end);
  if (end.outcome === 'failed') await leaveUserMessage(tx, operation, end.code);
}

/** What these would give back belongs to a resource that an administrator has declared to be something else. */
const keepPlace: ReadonlySet<OperationKind> = new Set(['volumeCreate', 'backupRestore', 'volumeManage']);

/** Applies the ending of an operation that has lost a resource to an administrator: nothing of it was undone. */
export async function applyAbandonment(
  tx: Prisma.TransactionClient,
  operation: OperationRow,
  end: EndRequest,
): Promise<void> {
  await forgetUserToken(tx, operation);
  if (!keepPlace.has(operation.kind)) await endings[operation.kind].unsuccessful(tx, operation, end);
}

async function volumeGrown(tx: Prisma.TransactionClient, operation: OperationRow): Promise<void> {
  const { newSizeGib } = inputOf<{ newSizeGib: number }>(operation);
  await tx.volume.update({ where: { id: operation.resourceId }, data: { sizeGib: newSizeGib } });
}

async function extendRefunded(tx: Prisma.TransactionClient, operation: OperationRow): Promise<void> {
  const volume = await tx.volume.findUniqueOrThrow({ where: { id: operation.resourceId } });
  if (volume.host) await shrinkTo(tx, volume.id, volume.sizeGib);
  await refundQuota(tx, operation.projectId, operation.quota);
}

async function attached(tx: Prisma.TransactionClient, operation: OperationRow, end: EndRequest): Promise<void> {
  const { attachmentId } = inputOf<{ attachmentId: string }>(operation);
  const device = end.result?.['device'];
  await tx.attachment.update({
    where: { id: attachmentId },
    data: { mountpoint: typeof device === 'string' ? device : null, attachedAt: new Date(), attachMode: 'rw' },
  });
  await settleAttachments(tx, operation.resourceId);
}

async function settled(tx: Prisma.TransactionClient, operation: OperationRow): Promise<void> {
  await settleAttachments(tx, operation.resourceId);
}

async function backupFinished(tx: Prisma.TransactionClient, operation: OperationRow, end: EndRequest): Promise<void> {
  const { objectCount, container, service } = end.result as { objectCount: number; container: string; service: string };
  await tx.backup.update({
    where: { id: operation.resourceId },
    data: { objectCount, container, service, failReason: null },
  });
}

async function backupFailed(tx: Prisma.TransactionClient, operation: OperationRow, end: EndRequest): Promise<void> {
  await tx.backup.update({
    where: { id: operation.resourceId },
    data: { failReason: end.reason?.slice(0, 255) ?? null },
  });
}

async function backupGone(tx: Prisma.TransactionClient, operation: OperationRow): Promise<void> {
  const backup = await tx.backup.findUniqueOrThrow({ where: { id: operation.resourceId } });
  await refundQuota(tx, backup.projectId, backupQuota(1, backup.sizeGib));
}

/** The backup's own name and metadata go onto the volume, with a note of where they come from, as Cinder does. */
async function volumeRestored(tx: Prisma.TransactionClient, operation: OperationRow, end: EndRequest): Promise<void> {
  const { volumeId } = inputOf<{ volumeId: string }>(operation);
  const { metadata, base } = end.result as {
    metadata: Record<string, string> | null;
    base: { display_name?: string | null; display_description?: string | null } | null;
  };
  const volume = await tx.volume.findUniqueOrThrow({ where: { id: volumeId } });
  const before = metadata ?? (volume.metadata as Record<string, string>);
  await tx.volume.update({
    where: { id: volumeId },
    data: {
      launchedAt: new Date(),
      metadata: { ...before, src_backup_id: operation.resourceId },
      ...(base?.display_name && takesNameFromBackup(volume.name)
        ? { name: base.display_name, description: base.display_description ?? null }
        : {}),
    },
  });
}

/** A name that a user chose stays: https://opendev.org/openstack/cinder/src/branch/master/cinder/backup/driver.py */
const takesNameFromBackup = (name: string | null): boolean => !name || name.startsWith('restore_backup_');

/** A volume that the restore itself made has been removed again; one that was there keeps its place. */
async function restoreUndone(tx: Prisma.TransactionClient, operation: OperationRow): Promise<void> {
  const { newVolume, volumeId } = inputOf<{ newVolume: boolean; volumeId: string }>(operation);
  if (!newVolume) return;
  await release(tx, volumeId);
  await tx.volume.update({ where: { id: volumeId }, data: { host: null } });
}
