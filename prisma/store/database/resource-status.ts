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

interface NextState {
  readonly status: string;
  /** The owner from now on; null: nobody. */
  readonly operationId: string | null;
}

/** Gives a row its status and its owner. The caller holds the row's lock. */
export async function writeStatus(
  tx: Prisma.TransactionClient,
  resource: ResourceType,
  id: string,
  next: NextState,
): Promise<void> {
  await tx.$executeRaw`${updateStatus(resource, next)} WHERE id = ${id}::uuid`;
}

/** The same by the row's owner (`from`), and by nobody else: a live row that is another's by now stays as it is. */
export async function passOn(
  tx: Prisma.TransactionClient,
  resource: ResourceType,
  id: string,
  next: NextState & { readonly from: string },
): Promise<void> {
  await tx.$executeRaw`${updateStatus(resource, next)} WHERE ${isOwned(id, next.from)}`;
}

/** Soft-deletes a row of the operation `from`, as Cinder does, and takes its owner away. */
export async function softDelete(
  tx: Prisma.TransactionClient,
  resource: ResourceType,
  id: string,
  from: string,
): Promise<void> {
  const { table, status } = columns[resource];
  const ended = resource === 'volume' ? Prisma.sql`terminated_at = now(),` : Prisma.empty;
  const last = resource === 'attachment' ? 'detached' : 'deleted';
  await tx.$executeRaw`
    UPDATE ${table} SET ${ended} ${status} = ${last}, operation_id = NULL, deleted_at = now(), updated_at = now()
    WHERE ${isOwned(id, from)}`;
}

const isOwned = (id: string, operationId: string): Prisma.Sql =>
  Prisma.sql`id = ${id}::uuid AND operation_id = ${operationId}::uuid AND deleted_at IS NULL`;

function updateStatus(resource: ResourceType, next: NextState): Prisma.Sql {
  const { table, status } = columns[resource];
  const before = resource === 'volume' ? Prisma.sql`previous_status = status,` : Prisma.empty;
  return Prisma.sql`
    UPDATE ${table} SET ${before} ${status} = ${next.status}, operation_id = ${next.operationId}::uuid, updated_at = now()`;
}
