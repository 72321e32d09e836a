// Reading and deleting Cinder's user messages.
import { isUuid } from '../../domain/ids.ts';
import type { Message, Prisma } from '../generated/client.ts';
import type { ListRequest } from './types.ts';

export type { Message };
type Transaction = Prisma.TransactionClient;

export interface MessageFilter {
  readonly resourceId?: string;
  readonly resourceType?: string;
  readonly eventId?: string;
  readonly requestId?: string;
  readonly messageLevel?: string;
}

/** Messages that have expired are as good as deleted. */
const live = (): Prisma.MessageWhereInput => ({ deletedAt: null, expiresAt: { gt: new Date() } });

/** A message of the project (null: of any), or null. */
export function findMessage(db: Transaction, projectId: string | null, id: string): Promise<Message | null> {
  if (!isUuid(id)) return Promise.resolve(null);
  return db.message.findFirst({ where: { ...live(), id, ...(projectId === null ? {} : { projectId }) } });
}

/** One page of a project's messages. */
export function listMessages(
  db: Transaction,
  projectId: string,
  filter: MessageFilter,
  { orderBy, after, limit, offset }: ListRequest,
): Promise<Message[]> {
  if (filter.resourceId !== undefined && !isUuid(filter.resourceId)) return Promise.resolve([]);
  return db.message.findMany({
    where: { AND: [{ ...live(), projectId, ...filter }, after ?? {}] },
    orderBy,
    take: limit,
    skip: offset,
  });
}

/** False when it was gone already. */
export async function deleteMessage(tx: Transaction, id: string): Promise<boolean> {
  const { count } = await tx.message.updateMany({ where: { id, deletedAt: null }, data: { deletedAt: new Date() } });
  return count > 0;
}
