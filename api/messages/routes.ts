// /messages (3.3): why an asynchronous request of a tenant failed.
import { deleteMessage, findMessage, listMessages, type Message } from '../../prisma/store/messages.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { nextPage, resourceLinks } from '../http/links.ts';
import { afterMarker, orderByOf, pageOf, sortOf } from '../http/paging.ts';
import type { PolicyTable } from '../http/policy.ts';
import { route } from '../http/route.ts';
import { wireTime } from '../http/time.ts';
import { emptyNoContent } from '../lists/empty-answer.ts';
import { userMessage } from './words.ts';

const policy = {
  list: 'message:get_all',
  show: 'message:get',
  delete: 'message:delete',
} as const satisfies PolicyTable;

const sortColumns = {
  id: { column: 'id' },
  event_id: { column: 'eventId' },
  resource_uuid: { column: 'resourceId', nullable: true },
  resource_type: { column: 'resourceType' },
  request_id: { column: 'requestId' },
  message_level: { column: 'messageLevel' },
  created_at: { column: 'createdAt' },
  guaranteed_until: { column: 'expiresAt' },
} as const;

function messageView(message: Message, context: RequestContext) {
  return {
    id: message.id,
    event_id: message.eventId,
    user_message: userMessage(message.actionId, message.detailId),
    message_level: message.messageLevel,
    created_at: wireTime(message.createdAt),
    guaranteed_until: wireTime(message.expiresAt),
    request_id: message.requestId,
    links: resourceLinks(context, 'messages', message.id),
    resource_type: message.resourceType,
    ...(message.resourceId === null ? {} : { resource_uuid: message.resourceId }),
  };
}

async function mustFind(context: RequestContext, id: string): Promise<Message> {
  const message = await findMessage(context.db, context.isAdmin ? null : context.projectId, id);
  if (!message) throw new ApiError('MessageNotFound', { message_id: id });
  return message;
}

/** Pages, order and filters came with 3.5; before, the query says nothing. */
async function list(context: RequestContext) {
  const query = context.atLeast('3.5') ? context.query : {};
  const page = pageOf(query, context.config.maxLimit);
  const sort = sortOf(query, sortColumns);
  const marker = page.marker === null ? null : await mustFind(context, page.marker);
  const filter = {
    resourceId: query['resource_uuid'],
    resourceType: query['resource_type']?.toUpperCase(),
    eventId: query['event_id'],
    requestId: query['request_id'],
    messageLevel: query['message_level'],
  };
  const messages = await listMessages(context.db, context.projectId, filter, {
    orderBy: orderByOf(sort),
    after: marker && afterMarker(sort, { ...marker }),
    limit: page.limit,
    offset: page.offset,
  });
  const views = messages.map((message) => messageView(message, context));
  return { body: { messages: views, ...nextPage(context, 'messages', 'messages', messages) } };
}

export const messageRoutes = [
  route({ method: 'GET', path: '/messages', since: '3.3', policy: policy.list, handler: list }),
  route({
    method: 'GET',
    path: '/messages/:id',
    since: '3.3',
    policy: policy.show,
    handler: async (context) => {
      const message = await mustFind(context, context.params['id'] ?? '');
      return { body: { message: messageView(message, context) } };
    },
  }),
  route({
    method: 'DELETE',
    path: '/messages/:id',
    since: '3.3',
    policy: policy.delete,
    handler: async (context) => {
      const { id } = await mustFind(context, context.params['id'] ?? '');
      return context.inTransaction(async (tx) => {
        if (!(await deleteMessage(tx, id))) throw new ApiError('MessageNotFound', { message_id: id });
        return emptyNoContent;
      });
    },
  }),
];
