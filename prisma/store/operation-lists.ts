// Operations and their history as an operator, or a tenant its own, reads them.
import { isUuid } from '../../domain/ids.ts';
import type { Operation, OperationEvent, Prisma } from '../generated/client.ts';

type Transaction = Prisma.TransactionClient;

export interface OperationFilter {
  readonly state?: string;
  readonly kind?: string;
  readonly resourceId?: string;
}

export interface OperationPage {
  readonly limit: number;
  /** The last operation of the page before. */
  readonly after: Operation | null;
}

/** A page of operations, newest first; `projectId` null: of all projects. */
export function listOperations(
  db: Transaction,
  projectId: string | null,
  { resourceId, ...filter }: OperationFilter,
  { limit, after }: OperationPage,
): Promise<Operation[]> {
  if (resourceId !== undefined && !isUuid(resourceId)) return Promise.resolve([]);
  const older: Prisma.OperationWhereInput = after
    ? { OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, id: { lt: after.id } }] }
    : {};
  return db.operation.findMany({
    where: {
      AND: [filter, projectId === null ? {} : { projectId }, resourceId === undefined ? {} : { resourceId }, older],
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit,
  });
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
