// /messages (3.3): why an asynchronous request of a tenant failed.
import { deleteMessage, findMessage, listMessages, type Message } from '../../prisma/store/messages/messages.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { resourceLinks } from '../http/links.ts';
import type { PolicyTable } from '../http/policy.ts';
import { route } from '../http/route.ts';
import { wireTime } from '../http/time.ts';
import { emptyNoContent } from '../lists/empty-answer.ts';
import type { FilterRules } from '../lists/filters.ts';
import { answerList } from '../lists/list.ts';
import { userMessage } from './words.ts';
import { microversions } from '../http/microversion-table.ts';

const policy = {
  list: 'message:get_all',
  show: 'message:get',
  delete: 'message:delete',
} as const satisfies PolicyTable;

const sortColumns = {
  id: { column: 'id' },
  event_id: { column: 'eventId' },
  resource_uuid: { column: 'resourceId' },
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

const messageNotFound = (id: string): ApiError => new ApiError('MessageNotFound', { message_id: id });

async function mustFind(context: RequestContext, id: string): Promise<Message> {
  const message = await findMessage(context.db, context.isAdmin ? null : context.projectId, id);
  if (!message) throw messageNotFound(id);
  return message;
}

const filters: FilterRules = {
  filters: {
    resource_uuid: { column: 'resourceId' },
    resource_type: { column: 'resourceType' },
    event_id: { column: 'eventId' },
    request_id: { column: 'requestId' },
    message_level: { column: 'messageLevel' },
    action_id: { column: 'actionId' },
    detail_id: { column: 'detailId' },
    project_id: { column: 'projectId' },
    id: { column: 'id' },
  },
  forEveryone: ['resource_uuid', 'resource_type', 'event_id', 'request_id', 'message_level'],
};

/** Pages, order and filters came with 3.5; before, the query says nothing. */
function readable(context: RequestContext): RequestContext {
  if (!context.atLeast(microversions.messagePages)) return { ...context, query: {}, search: new URLSearchParams() };
  const { resource_type: type } = context.query;
  return type === undefined ? context : { ...context, query: { ...context.query, resource_type: type.toUpperCase() } };
}

function list(context: RequestContext): Promise<Answer> {
  return answerList<Message>(readable(context), {
    collection: 'messages',
    path: 'messages',
    filters,
    sortColumns,
    read: (projectId, page) => listMessages(context.db, projectId, page),
    view: (rows) => rows.map((message) => messageView(message, context)),
    noSuchMarker: messageNotFound,
  });
}

export const messageRoutes = [
  route({ method: 'GET', path: '/messages', since: microversions.messages, policy: policy.list, handler: list }),
  route({
    method: 'GET',
    path: '/messages/:id',
    since: microversions.messages,
    policy: policy.show,
    handler: async (context) => {
      const message = await mustFind(context, context.params['id'] ?? '');
      return { body: { message: messageView(message, context) } };
    },
  }),
  route({
    method: 'DELETE',
    path: '/messages/:id',
    since: microversions.messages,
    policy: policy.delete,
    handler: async (context) => {
      const { id } = await mustFind(context, context.params['id'] ?? '');
      return context.inTransaction(async (tx) => {
        if (!(await deleteMessage(tx, id))) throw messageNotFound(id);
        return emptyNoContent;
      });
    },
  }),
];
