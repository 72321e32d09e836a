// The Nova subset: servers as compute hosts report them, and the volumes attached to them.
import {
  attachmentsOfInstance,
  instanceVolumes,
  type AttachmentRow,
} from '../../prisma/store/attachments/attachments.ts';
import { findServer, listServers, type ServerRow } from '../../prisma/store/attachments/servers.ts';
import type { Condition } from '../../prisma/store/database/page-query.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { pageOf } from '../http/paging.ts';
import { route, type Route } from '../http/route.ts';
import { visibleTo } from '../lists/list.ts';
import { answerAttached, attachVolume, detachVolume } from './attach.ts';
import { serverPolicy } from './policy.ts';
import { attachVolumeSchema } from './schema.ts';
import { serverDetailView, serverSummaryView, volumeAttachmentView, type ServerViewContext } from './view.ts';

function viewContext(context: RequestContext): ServerViewContext {
  const { bookmarkUrl, projectId, userId, config } = context;
  return {
    computeUrl: `${bookmarkUrl}/compute/v2.1${context.projectPath}`,
    bookmarkUrl,
    projectId,
    userId,
    availabilityZone: config.storageAvailabilityZone,
  };
}

async function mustFind(context: RequestContext, id: string): Promise<ServerRow> {
  const server = await findServer(context.db, id);
  if (!server) throw new ApiError('ServerNotFound', { uuid: id });
  return server;
}

function conditionsOf({ query }: RequestContext): Condition[] {
  const conditions: Condition[] = [];
  const { name, status, host } = query;
  if (name !== undefined) conditions.push({ test: 'contains', column: 'name', text: name });
  if (status !== undefined) conditions.push({ test: 'is', column: 'status', value: status.toUpperCase() });
  if (host !== undefined) conditions.push({ test: 'is', column: 'host', value: host });
  return conditions;
}

async function list(context: RequestContext, detailed: boolean): Promise<Answer> {
  const page = pageOf(context.query, context.config.maxLimit);
  const rows = await listServers(context.db, {
    ...page,
    conditions: conditionsOf(context),
    sort: [{ column: 'createdAt', direction: 'desc' }],
  });
  if (rows === null) throw new ApiError('BadRequest', { detail: `marker [${page.marker}] not found` });
  const view = viewContext(context);
  return {
    body: {
      servers: detailed ? await details(context, view, rows) : rows.map(serverSummaryView(view)),
      ...next(context, view, rows),
    },
  };
}

async function details(
  context: RequestContext,
  view: ServerViewContext,
  rows: readonly ServerRow[],
): Promise<object[]> {
  const volumes = await instanceVolumes(
    context.db,
    rows.map(({ id }) => id),
    visibleTo(context),
  );
  const detail = serverDetailView(view);
  return rows.map((row) => detail(row, volumes.get(row.id) ?? []));
}

function next(context: RequestContext, { computeUrl }: ServerViewContext, rows: readonly ServerRow[]): object {
  const last = rows.at(-1);
  const { limit } = context.query;
  if (!last || limit === undefined || rows.length < Number(limit)) return {};
  const query = new URLSearchParams({ ...context.query, marker: last.id });
  return { servers_links: [{ rel: 'next', href: `${computeUrl}/servers?${query.toString()}` }] };
}

/** A server's attachment by its volume's id, under which Nova knows it. */
async function mustFindAttachment(context: RequestContext, server: ServerRow): Promise<AttachmentRow> {
  const volumeId = context.params['volume_id'] ?? '';
  const all = await attachmentsOfInstance(context.db, server.id, visibleTo(context));
  const found = all.find((attachment) => attachment.volumeId === volumeId || attachment.id === volumeId);
  if (!found) {
    throw new ApiError('NotFound', { detail: `Instance ${server.id} is not attached to volume ${volumeId}` });
  }
  return found;
}

const serverOf = (context: RequestContext): Promise<ServerRow> => mustFind(context, context.params['server_id'] ?? '');

const attachmentsPath = '/servers/:server_id/os-volume_attachments';

export const serverRoutes: readonly Route[] = [
  route({ method: 'GET', path: '/servers', policy: serverPolicy.list, handler: (context) => list(context, false) }),
  route({
    method: 'GET',
    path: '/servers/detail',
    policy: serverPolicy.list,
    handler: (context) => list(context, true),
  }),
  route({
    method: 'GET',
    path: '/servers/:server_id',
    policy: serverPolicy.get,
    handler: async (context) => {
      const [server] = await details(context, viewContext(context), [await serverOf(context)]);
      return { body: { server } };
    },
  }),
  // Domains have no flavors; clients that look their names up find none.
  route({
    method: 'GET',
    path: '/flavors/detail',
    policy: serverPolicy.flavors,
    handler: () => ({ body: { flavors: [] } }),
  }),
  route({
    method: 'GET',
    path: attachmentsPath,
    policy: serverPolicy.listAttachments,
    handler: async (context) => {
      const server = await serverOf(context);
      const attachments = await attachmentsOfInstance(context.db, server.id, visibleTo(context));
      return { body: { volumeAttachments: attachments.map((row) => volumeAttachmentView(row, server.id)) } };
    },
  }),
  route({
    method: 'POST',
    path: attachmentsPath,
    policy: serverPolicy.attach,
    schema: attachVolumeSchema,
    handler: async (context, { volumeAttachment }) => attachVolume(context, await serverOf(context), volumeAttachment),
    again: (_context, operation) => {
      const input = operation.input as { volumeId: string; serverId: string; device: string | null };
      return Promise.resolve(answerAttached(input.volumeId, input.serverId, input.device));
    },
  }),
  route({
    method: 'GET',
    path: `${attachmentsPath}/:volume_id`,
    policy: serverPolicy.getAttachment,
    handler: async (context) => {
      const server = await serverOf(context);
      const attachment = await mustFindAttachment(context, server);
      return { body: { volumeAttachment: volumeAttachmentView(attachment, server.id) } };
    },
  }),
  route({
    method: 'DELETE',
    path: `${attachmentsPath}/:volume_id`,
    policy: serverPolicy.detach,
    handler: async (context) => {
      const server = await serverOf(context);
      await detachVolume(context, server, await mustFindAttachment(context, server));
      return { status: 202 };
    },
  }),
];
