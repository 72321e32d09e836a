// Operations and their history as an operator, or a tenant its own, reads them.
import { isUuid } from '../../../domain/ids.ts';
import { Prisma, type Operation, type OperationEvent } from '../../generated/client.ts';

type Transaction = Prisma.TransactionClient;

export interface OperationFilter {
  readonly state?: string | undefined;
  readonly kind?: string | undefined;
  readonly resourceId?: string | undefined;
  /** `host@backend` or a host: where it paused, or where a volume that it is about lies. */
  readonly backend?: string | undefined;
  /** A row of domain/pauses.ts. */
  readonly cause?: string | undefined;
  /** Paused, or else accepted, at least this long ago. */
  readonly olderThanS?: number | undefined;
}

export interface OperationPage {
  readonly limit: number;
  /** The last operation of the page before. */
  readonly after: Pick<Operation, 'id' | 'createdAt'> | null;
}

/** A page of operations, newest first; `projectId` null: of all projects. */
export async function listOperations(
  db: Transaction,
  projectId: string | null,
  filter: OperationFilter,
  { limit, after }: OperationPage,
): Promise<Operation[]> {
  if (filter.resourceId !== undefined && !isUuid(filter.resourceId)) return [];
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id FROM operations WHERE ${Prisma.join(conditions(projectId, filter, after), ' AND ')}
    ORDER BY created_at DESC, id DESC LIMIT ${limit}`;
  const ids = rows.map(({ id }) => id);
  return db.operation.findMany({ where: { id: { in: ids } }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] });
}

/** How many the filter finds. */
export async function countOperations(
  db: Transaction,
  projectId: string | null,
  filter: OperationFilter,
): Promise<number> {
  if (filter.resourceId !== undefined && !isUuid(filter.resourceId)) return 0;
  const rows = await db.$queryRaw<{ count: bigint }[]>`
    SELECT count(*) AS count FROM operations WHERE ${Prisma.join(conditions(projectId, filter, null), ' AND ')}`;
  return Number(rows[0]?.count ?? 0);
}

function conditions(projectId: string | null, filter: OperationFilter, after: OperationPage['after']): Prisma.Sql[] {
  const { state, kind, resourceId, backend, cause, olderThanS } = filter;
  return [
    Prisma.sql`true`,
    ...(projectId === null ? [] : [Prisma.sql`project_id = ${projectId}`]),
    ...(state === undefined ? [] : [Prisma.sql`state = ${state}`]),
    ...(kind === undefined ? [] : [Prisma.sql`kind = ${kind}`]),
    ...(cause === undefined ? [] : [Prisma.sql`pause_cause = ${cause}`]),
    ...(resourceId === undefined ? [] : [isAbout(resourceId)]),
    ...(backend === undefined ? [] : [isOn(backend)]),
    ...(olderThanS === undefined
      ? []
      : [Prisma.sql`coalesce(paused_at, created_at) <= now() - ${olderThanS}::int * interval '1 s'`]),
    ...(after === null
      ? []
      : [Prisma.sql`(created_at, id) < (${after.createdAt.toISOString()}::timestamp, ${after.id}::uuid)`]),
  ];
}

// Both halves by their index; written with OR, each operation would be looked at.
const isAbout = (id: string): Prisma.Sql => Prisma.sql`id IN (
  SELECT about.id FROM operations AS about WHERE about.resource_id = ${id}::uuid
  UNION SELECT used.operation_id FROM operation_resources AS used WHERE used.resource_id = ${id}::uuid)`;

/** Where it paused; before that, or when it paused nowhere, where the volume is placed that it is about. */
function isOn(backend: string): Prisma.Sql {
  const at = (column: Prisma.Sql): Prisma.Sql =>
    Prisma.sql`(${column} = ${backend} OR starts_with(${column}, ${`${backend}#`}) OR starts_with(${column}, ${`${backend}@`}))`;
  return Prisma.sql`(${at(Prisma.sql`paused_host`)} OR ${backend} = ANY (waiting_for) OR (paused_host IS NULL AND EXISTS (
    SELECT 1 FROM volumes LEFT JOIN snapshots ON snapshots.volume_id = volumes.id
      AND snapshots.id = operations.resource_id
    WHERE ${at(Prisma.sql`volumes.host`)} AND (volumes.id = operations.resource_id OR snapshots.id IS NOT NULL
      OR volumes.id::text = operations.input ->> 'volumeId'))))`;
}

/** An operation of the project (null: of any), or null. */
export function findOperation(db: Transaction, projectId: string | null, id: string): Promise<Operation | null> {
  if (!isUuid(id)) return Promise.resolve(null);
  return db.operation.findFirst({ where: { id, ...(projectId === null ? {} : { projectId }) } });
}

/** What has happened to an operation, oldest first. */
export function listEvents(db: Transaction, operationId: string): Promise<OperationEvent[]> {
  return db.operationEvent.findMany({ where: { operationId }, orderBy: { id: 'asc' }, take: 1000 });
}
