// Transfers: a volume that waits for whoever has the key. Its status, its owner, its snapshots' owner and both
// projects' quotas change in the caller's one transaction, or nothing does.
import { isUuid } from '../../../domain/ids.ts';
import { snapshotQuota, volumeQuota } from '../../../domain/quota.ts';
import { Prisma, type Snapshot, type Volume, type VolumeTransfer } from '../../generated/client.ts';
import { moveVolume, type Moved } from '../attachments/changes.ts';
import { apiTime, columnsOf, readPage, type PageRequest, type Reader, type Source } from '../database/page-query.ts';
import { chargeQuota, refundQuota } from '../capacity/quota-usage.ts';
import { lockResource, writeStatus } from '../database/resource-status.ts';
import type { Transaction } from '../database/transaction.ts';

/** A transfer without its key's hash; the time as the API writes it. */
export interface TransferRow {
  readonly id: string;
  readonly volumeId: string;
  readonly name: string | null;
  readonly noSnapshots: boolean;
  readonly sourceProjectId: string;
  readonly destinationProjectId: string | null;
  readonly accepted: boolean;
  readonly createdAt: string;
}

const selected = Prisma.sql`t.id, t.volume_id AS "volumeId", t.name, t.no_snapshots AS "noSnapshots",
  t.source_project_id AS "sourceProjectId", t.destination_project_id AS "destinationProjectId", t.accepted,
  ${apiTime(Prisma.sql`t.created_at`)} AS "createdAt"`;

const columns = columnsOf({
  id: ['t.id', 'uuid'],
  volumeId: ['t.volume_id', 'uuid'],
  name: ['t.name', 'text', 'nullable'],
  projectId: ['t.source_project_id', 'text'],
  noSnapshots: ['t.no_snapshots', 'boolean'],
  createdAt: ['t.created_at', 'timestamp'],
});

/** `projectId` null: every project's. */
function source(projectId: string | null): Source {
  const live = Prisma.sql`t.deleted_at IS NULL`;
  return {
    from: Prisma.sql`volume_transfers t JOIN volumes v ON v.id = t.volume_id AND v.deleted_at IS NULL`,
    columns,
    always: projectId === null ? live : Prisma.sql`t.source_project_id = ${projectId} AND ${live}`,
  };
}

/** A page of transfers that nobody has accepted yet; null when the marker is none of them. */
export function listTransfers(db: Reader, projectId: string | null, page: PageRequest): Promise<TransferRow[] | null> {
  return readPage<TransferRow>(db, source(projectId), selected, page);
}

export async function findTransfer(db: Reader, id: string, projectId: string | null): Promise<TransferRow | null> {
  if (!isUuid(id)) return null;
  const { from, always } = source(projectId);
  const rows = await db.$queryRaw<TransferRow[]>`
    SELECT ${selected} FROM ${from} WHERE t.id = ${id}::uuid AND ${always}`;
  return rows[0] ?? null;
}

export type NewTransfer = Pick<VolumeTransfer, 'id' | 'volumeId' | 'name' | 'salt' | 'keyHash' | 'noSnapshots'> & {
  readonly sourceProjectId: string;
};

export type OfferVerdict =
  | { readonly verdict: 'offered' }
  | { readonly verdict: 'volume-status'; readonly status: Moved['status'] }
  | { readonly verdict: 'snapshot-status'; readonly snapshotId: string };

/** Takes an available volume, with available snapshots if they go along, out of its project's use. */
export async function offerVolume(tx: Transaction, transfer: NewTransfer): Promise<OfferVerdict> {
  const { volumeId, noSnapshots } = transfer;
  const { moved, status } = await moveVolume(tx, volumeId, ['available'], 'awaiting-transfer');
  if (!moved) return { verdict: 'volume-status', status };
  const busy = noSnapshots ? null : await busySnapshot(tx, volumeId);
  if (busy !== null) return { verdict: 'snapshot-status', snapshotId: busy };
  // Left over when an administrator reset the volume's status: an older key must not open the new offer.
  await tx.volumeTransfer.updateMany({ where: { volumeId, deletedAt: null }, data: { deletedAt: new Date() } });
  await tx.volumeTransfer.create({ data: transfer });
  return { verdict: 'offered' };
}

async function busySnapshot(tx: Transaction, volumeId: string): Promise<string | null> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM snapshots WHERE volume_id = ${volumeId}::uuid AND deleted_at IS NULL
      AND (status <> 'available' OR operation_id IS NOT NULL) ORDER BY id LIMIT 1`;
  return rows[0]?.id ?? null;
}

/** Gives the volume back to its project's use, unless its status says otherwise. False when the transfer is gone. */
export async function withdrawTransfer(tx: Transaction, { id, volumeId }: TransferRow): Promise<boolean> {
  await lockResource(tx, 'volume', volumeId);
  const ended = await tx.volumeTransfer.updateMany({ where: { id, deletedAt: null }, data: { deletedAt: new Date() } });
  if (ended.count === 0) return false;
  await moveVolume(tx, volumeId, ['awaiting-transfer'], 'available');
  return true;
}

/** What accepting needs to know before it changes anything. */
export interface OpenTransfer {
  readonly transfer: VolumeTransfer;
  readonly volume: Volume;
}

/** Locks a transfer and its volume, in that order everywhere; null when there is no such offer any more. */
export async function lockTransfer(tx: Transaction, id: string): Promise<OpenTransfer | null> {
  if (!isUuid(id)) return null;
  const found = await tx.volumeTransfer.findFirst({ where: { id, deletedAt: null } });
  if (!found || !(await lockResource(tx, 'volume', found.volumeId))) return null;
  const transfer = await tx.volumeTransfer.findFirst({ where: { id, deletedAt: null } });
  const volume = await tx.volume.findFirst({ where: { id: found.volumeId, deletedAt: null } });
  return transfer && volume && { transfer, volume };
}

export interface NewOwner {
  readonly projectId: string;
  readonly userId: string;
  readonly quotaDefaults: Readonly<Record<string, number>>;
}

export type AcceptVerdict = 'accepted' | 'volume-status' | { readonly busySnapshotId: string };

/** Gives the volume to its new owner, quota included. Throws QuotaExceededError. */
export async function acceptTransfer(
  tx: Transaction,
  { transfer, volume }: OpenTransfer,
  owner: NewOwner,
): Promise<AcceptVerdict> {
  if (volume.status !== 'awaiting-transfer' || volume.operationId !== null) return 'volume-status';
  const snapshots = transfer.noSnapshots ? [] : await lockSnapshots(tx, volume.id);
  const busy = snapshots.find(({ status, operationId }) => status !== 'available' || operationId !== null);
  if (busy) return { busySnapshotId: busy.id };
  const { projectId, userId } = owner;
  await writeStatus(tx, 'volume', volume.id, { status: 'available', operationId: null });
  await tx.volume.update({ where: { id: volume.id }, data: { projectId, userId } });
  const moved = { id: { in: snapshots.map(({ id }) => id) } };
  await tx.snapshot.updateMany({ where: moved, data: { projectId, userId, updatedAt: new Date() } });
  await tx.volumeTransfer.update({
    where: { id: transfer.id },
    data: { accepted: true, destinationProjectId: projectId, deletedAt: new Date() },
  });
  await moveQuota(tx, volume, snapshots, owner);
  return 'accepted';
}

async function lockSnapshots(tx: Transaction, volumeId: string): Promise<Snapshot[]> {
  await tx.$queryRaw`
    SELECT 1 FROM snapshots WHERE volume_id = ${volumeId}::uuid AND deleted_at IS NULL ORDER BY id FOR UPDATE`;
  return tx.snapshot.findMany({ where: { volumeId, deletedAt: null }, orderBy: { id: 'asc' } });
}

async function moveQuota(
  tx: Transaction,
  volume: Volume,
  snapshots: readonly Snapshot[],
  { projectId, quotaDefaults }: NewOwner,
): Promise<void> {
  const typeIds = [volume, ...snapshots].flatMap(({ volumeTypeId }) => volumeTypeId ?? []);
  const types = await tx.volumeType.findMany({ where: { id: { in: typeIds } }, select: { id: true, name: true } });
  const nameOf = (id: string | null) => types.find((type) => type.id === id)?.name ?? null;
  const totals = new Map<string, number>();
  const counted = [
    ...(volume.consumesQuota ? volumeQuota(1, volume.sizeGib, nameOf(volume.volumeTypeId)) : []),
    ...snapshots
      .filter(({ consumesQuota }) => consumesQuota)
      .flatMap((row) => snapshotQuota(1, row.sizeGib, nameOf(row.volumeTypeId), !row.usesGigabytes)),
  ];
  for (const { resource, delta } of counted) totals.set(resource, (totals.get(resource) ?? 0) + delta);
  const changes = [...totals].map(([resource, delta]) => ({ resource, delta }));
  // Projects in one order, so that two transfers in opposite directions do not deadlock.
  const steps = [
    { project: volume.projectId, run: () => refundQuota(tx, volume.projectId, changes) },
    { project: projectId, run: () => chargeQuota(tx, projectId, changes, quotaDefaults) },
  ];
  for (const { run } of steps.toSorted((left, right) => (left.project < right.project ? -1 : 1))) await run();
}
