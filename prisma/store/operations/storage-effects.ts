// What the endings of revert, manage, unmanage, migrate and retype change besides statuses.
import { volumeQuota } from '../../../domain/quota.ts';
import type { Prisma } from '../../generated/client.ts';
import {
  creationUndone,
  inputOf,
  keepImageMetadata,
  nothing,
  refundSnapshot,
  snapshotFinished,
  typeName,
  volumeGone,
  volumeLaunched,
  type Ending,
} from './ending-parts.ts';
import { hasMoved, setType } from '../volumes/moves.ts';
import type { EndRequest } from './end.ts';
import type { OperationRow } from './row.ts';
import { release } from '../capacity/pool-allocation.ts';
import { refundQuota } from '../capacity/quota-usage.ts';

export const storageEndings = {
  volumeRevert: { succeeded: nothing, unsuccessful: nothing },
  volumeManage: { succeeded: volumeLaunched, unsuccessful: manageUndone },
  volumeUnmanage: { succeeded: volumeGone, unsuccessful: nothing },
  snapshotManage: { succeeded: snapshotFinished, unsuccessful: nothing },
  snapshotUnmanage: { succeeded: snapshotUnmanaged, unsuccessful: nothing },
  manageableList: { succeeded: nothing, unsuccessful: nothing },
  backupImport: { succeeded: imported, unsuccessful: importFailed },
  volumeUpload: { succeeded: nothing, unsuccessful: nothing },
  volumeReimage: { succeeded: reimaged, unsuccessful: nothing },
  volumeMigrate: { succeeded: migrated, unsuccessful: migrationEnded },
  volumeRetype: { succeeded: retyped, unsuccessful: retypeEnded },
} as const satisfies Record<string, { succeeded: Ending; unsuccessful: Ending }>;

/** Its bytes are the other's again: the row that stays has no size. */
async function manageUndone(tx: Prisma.TransactionClient, operation: OperationRow): Promise<void> {
  const volume = await tx.volume.findUniqueOrThrow({ where: { id: operation.resourceId } });
  await creationUndone(tx, operation);
  await tx.volume.update({ where: { id: volume.id }, data: { sizeGib: 0 } });
  const name = await typeName(tx, volume.volumeTypeId);
  const gigabytes = volumeQuota(1, volume.sizeGib, name).filter(({ resource }) => resource.startsWith('gigabytes'));
  await refundQuota(tx, volume.projectId, gigabytes);
}

async function reimaged(tx: Prisma.TransactionClient, operation: OperationRow): Promise<void> {
  await keepImageMetadata(tx, operation);
}

async function snapshotUnmanaged(tx: Prisma.TransactionClient, operation: OperationRow): Promise<void> {
  await refundSnapshot(tx, operation.resourceId);
}

async function imported(tx: Prisma.TransactionClient, operation: OperationRow, end: EndRequest): Promise<void> {
  const { service } = end.result as { readonly service: string };
  await tx.backup.update({ where: { id: operation.resourceId }, data: { service, failReason: null } });
}

async function importFailed(tx: Prisma.TransactionClient, operation: OperationRow, end: EndRequest): Promise<void> {
  const failReason = end.reason?.slice(0, 255) ?? null;
  await tx.backup.update({ where: { id: operation.resourceId }, data: { failReason } });
}

async function migrated(tx: Prisma.TransactionClient, operation: OperationRow): Promise<void> {
  await tx.volume.update({ where: { id: operation.resourceId }, data: { migrationStatus: 'success' } });
}

/** One that was given up too late has been finished all the same. */
async function migrationEnded(tx: Prisma.TransactionClient, operation: OperationRow): Promise<void> {
  const migrationStatus = (await hasMoved(tx, operation.id)) ? 'success' : 'error';
  await tx.volume.update({ where: { id: operation.resourceId }, data: { migrationStatus } });
  await release(tx, operation.id);
}

/** The new type's quota was used when the retype was accepted; now the old one's is given back. */
async function retyped(tx: Prisma.TransactionClient, operation: OperationRow): Promise<void> {
  const { newTypeId, oldTypeId } = inputOf<{ newTypeId: string; oldTypeId: string | null }>(operation);
  const volume = await tx.volume.findUniqueOrThrow({ where: { id: operation.resourceId } });
  await setType(tx, volume.id, newTypeId);
  if (await hasMoved(tx, operation.id)) await migrated(tx, operation);
  const name = await typeName(tx, oldTypeId);
  if (name === null || !volume.consumesQuota) return;
  const own = volumeQuota(1, volume.sizeGib, name).filter(({ resource }) => resource.endsWith(`_${name}`));
  await refundQuota(tx, volume.projectId, own);
}

async function retypeEnded(tx: Prisma.TransactionClient, operation: OperationRow): Promise<void> {
  if (await hasMoved(tx, operation.id)) return retyped(tx, operation);
  await release(tx, operation.id);
  const { id, projectId, migrationStatus } = await tx.volume.findUniqueOrThrow({ where: { id: operation.resourceId } });
  if (migrationStatus === 'migrating') await tx.volume.update({ where: { id }, data: { migrationStatus: 'error' } });
  await refundQuota(tx, projectId, operation.quota);
}
