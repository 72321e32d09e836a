// The one place that writes a status column: always together with its owner, always compared first.
import { Prisma } from '../../generated/client.ts';
import type { ResourceType } from '../../../domain/operations.ts';

/** Where each resource keeps its status; volumes alone remember the one before, as Cinder's do. */
const columns = {
  volume: { table: Prisma.raw('volumes'), status: Prisma.raw('status') },
  snapshot: { table: Prisma.raw('snapshots'), status: Prisma.raw('status') },
  backup: { table: Prisma.raw('backups'), status: Prisma.raw('status') },
  attachment: { table: Prisma.raw('attachments'), status: Prisma.raw('attach_status') },
  group: { table: Prisma.raw('volume_groups'), status: Prisma.raw('status') },
  groupSnapshot: { table: Prisma.raw('group_snapshots'), status: Prisma.raw('status') },
} as const satisfies Record<ResourceType, { table: Prisma.Sql; status: Prisma.Sql }>;

export interface ResourceState {
  readonly status: string;
  readonly operationId: string | null;
}

/** Reads and locks a live row; null when it is gone. */
export async function lockResource(
  tx: Prisma.TransactionClient,
  resource: ResourceType,
  id: string,
): Promise<ResourceState | null> {
  const { table, status } = columns[resource];
  const rows = await tx.$queryRaw<{ status: string; operation_id: string | null }[]>`
    SELECT ${status} AS status, operation_id FROM ${table} WHERE id = ${id}::uuid AND deleted_at IS NULL FOR UPDATE`;
  const row = rows[0];
  return row ? { status: row.status, operationId: row.operation_id } : null;
}

/** Gives a row its status and its owner (null: nobody). The caller holds the row's lock. */
export async function writeStatus(
  tx: Prisma.TransactionClient,
  resource: ResourceType,
  id: string,
  next: { status: string; operationId: string | null },
): Promise<void> {
  const { table, status } = columns[resource];
  const before = resource === 'volume' ? Prisma.sql`previous_status = status,` : Prisma.empty;
  await tx.$executeRaw`
    UPDATE ${table} SET ${before} ${status} = ${next.status}, operation_id = ${next.operationId}::uuid, updated_at = now()
    WHERE id = ${id}::uuid`;
}

/** Soft-deletes a row, as Cinder does, and takes its owner away. The caller holds the row's lock. */
export async function softDelete(tx: Prisma.TransactionClient, resource: ResourceType, id: string): Promise<void> {
  const { table, status } = columns[resource];
  const ended = resource === 'volume' ? Prisma.sql`terminated_at = now(),` : Prisma.empty;
  const last = resource === 'attachment' ? 'detached' : 'deleted';
  await tx.$executeRaw`
    UPDATE ${table} SET ${ended} ${status} = ${last}, operation_id = NULL, deleted_at = now(), updated_at = now()
    WHERE id = ${id}::uuid`;
}
