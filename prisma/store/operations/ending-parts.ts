// What endings of several operations have in common: a volume or a snapshot that begins or ceases to exist.
import { snapshotQuota, volumeQuota } from '../../../domain/quota.ts';
import type { Prisma } from '../../generated/client.ts';
import type { EndRequest } from './end.ts';
import type { OperationRow } from './row.ts';
import { release } from '../capacity/pool-allocation.ts';
import { refundQuota } from '../capacity/quota-usage.ts';

/** Runs inside the transaction that ends the operation. */
export type Ending = (tx: Prisma.TransactionClient, operation: OperationRow, end: EndRequest) => Promise<void>;

export const nothing: Ending = () => Promise.resolve();

/** The request's own fields, as the accept path wrote them. */
export const inputOf = <Shape>(operation: OperationRow): Shape => operation.input as unknown as Shape;

export async function volumeLaunched(tx: Prisma.TransactionClient, operation: OperationRow): Promise<void> {
  await tx.$executeRaw`UPDATE volumes SET launched_at = now() WHERE id = ${operation.resourceId}::uuid`;
}

/** A volume that was made from an image boots, and remembers which one. */
export async function volumeCreated(tx: Prisma.TransactionClient, operation: OperationRow): Promise<void> {
  await volumeLaunched(tx, operation);
  await keepImageMetadata(tx, operation);
}

/** What the request knew of the image takes the place of what the volume knew of another. */
export async function keepImageMetadata(tx: Prisma.TransactionClient, operation: OperationRow): Promise<void> {
  const { imageMetadata } = inputOf<{ imageMetadata?: Readonly<Record<string, string>> }>(operation);
  if (!imageMetadata) return;
  await tx.volume.update({ where: { id: operation.resourceId }, data: { bootable: true, imageMetadata } });
}

/** A volume in error keeps its row and its quota until someone deletes it, but nothing on a back-end. */
export async function creationUndone(tx: Prisma.TransactionClient, operation: OperationRow): Promise<void> {
  await release(tx, operation.resourceId);
  await tx.$executeRaw`UPDATE volumes SET host = NULL WHERE id = ${operation.resourceId}::uuid`;
}

export async function volumeGone(tx: Prisma.TransactionClient, operation: OperationRow): Promise<void> {
  const volume = await tx.volume.findUniqueOrThrow({ where: { id: operation.resourceId } });
  await release(tx, volume.id);
  const changes = volumeQuota(1, volume.sizeGib, await typeName(tx, volume.volumeTypeId));
  if (volume.consumesQuota) await refundQuota(tx, volume.projectId, changes);
  const { snapshotIds = [] } = inputOf<{ snapshotIds?: readonly string[] }>(operation);
  for (const id of snapshotIds) await refundSnapshot(tx, id);
}

export async function snapshotFinished(tx: Prisma.TransactionClient, operation: OperationRow): Promise<void> {
  await tx.snapshot.update({ where: { id: operation.resourceId }, data: { progress: '100%' } });
}

export async function snapshotGone(tx: Prisma.TransactionClient, operation: OperationRow): Promise<void> {
  await refundSnapshot(tx, operation.resourceId);
}

export async function refundSnapshot(tx: Prisma.TransactionClient, id: string): Promise<void> {
  const snapshot = await tx.snapshot.findUniqueOrThrow({ where: { id } });
  const type = await typeName(tx, snapshot.volumeTypeId);
  const changes = snapshotQuota(1, snapshot.sizeGib, type, !snapshot.usesGigabytes);
  if (snapshot.consumesQuota) await refundQuota(tx, snapshot.projectId, changes);
}

export async function typeName(tx: Prisma.TransactionClient, volumeTypeId: string | null): Promise<string | null> {
  if (volumeTypeId === null) return null;
  const type = await tx.volumeType.findUnique({ where: { id: volumeTypeId }, select: { name: true } });
  return type?.name ?? null;
}
