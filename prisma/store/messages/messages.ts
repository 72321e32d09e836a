// Reading and deleting Cinder's user messages.
import { isUuid } from '../../../domain/ids.ts';
import { Prisma, type Message } from '../../generated/client.ts';
import { columnsOf, readPage, type PageRequest, type Reader } from '../database/page-query.ts';
import type { Transaction } from '../database/transaction.ts';

export type { Message };

/** A message of the project (null: of any), or null. Messages that have expired are as good as deleted. */
export function findMessage(db: Transaction, projectId: string | null, id: string): Promise<Message | null> {
  if (!isUuid(id)) return Promise.resolve(null);
  const live = { deletedAt: null, expiresAt: { gt: new Date() } };
  return db.message.findFirst({ where: { ...live, id, ...(projectId === null ? {} : { projectId }) } });
}

const listed = {
  from: Prisma.sql`messages m`,
  columns: columnsOf({
    id: ['m.id', 'uuid'],
    projectId: ['m.project_id', 'text'],
    eventId: ['m.event_id', 'text'],
    resourceId: ['m.resource_id', 'uuid', 'nullable'],
    resourceType: ['m.resource_type', 'text'],
    requestId: ['m.request_id', 'text'],
    messageLevel: ['m.message_level', 'text'],
    actionId: ['m.action_id', 'text'],
    detailId: ['m.detail_id', 'text'],
    createdAt: ['m.created_at', 'timestamp'],
    expiresAt: ['m.expires_at', 'timestamp'],
  }),
} as const;

/** A page of a project's live messages (null: everybody's); null when the marker is none of them. */
export function listMessages(db: Reader, projectId: string | null, page: PageRequest): Promise<Message[] | null> {
  const live = Prisma.sql`m.deleted_at IS NULL AND m.expires_at > ${new Date().toISOString()}::timestamp`;
  const always = projectId === null ? live : Prisma.sql`m.project_id = ${projectId} AND ${live}`;
  const selected = Prisma.sql`m.id, m.event_id AS "eventId", m.resource_id AS "resourceId",
    m.resource_type AS "resourceType", m.request_id AS "requestId", m.message_level AS "messageLevel",
    m.action_id AS "actionId", m.detail_id AS "detailId", m.created_at AS "createdAt", m.expires_at AS "expiresAt"`;
  return readPage<Message>(db, { ...listed, always }, selected, page);
}

/** False when it was gone already. */
export async function deleteMessage(tx: Transaction, id: string): Promise<boolean> {
  const { count } = await tx.message.updateMany({ where: { id, deletedAt: null }, data: { deletedAt: new Date() } });
  return count > 0;
}
