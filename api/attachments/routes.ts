// /attachments (since 3.27): reserve, connect, complete, list, show, delete.
import { completeAttachment, finishDetach } from '../../prisma/store/attachments/changes.ts';
import { attachmentsOf, listAttachments, type AttachmentRow } from '../../prisma/store/attachments/attachments.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { route, type Route } from '../http/route.ts';
import type { FilterRules } from '../lists/filters.ts';
import { answerList } from '../lists/list.ts';
import { mustFindVolume } from '../volumes/lookup.ts';
import { terminateConnection } from './connect.ts';
import { connectionFactsOf } from './connection-facts.ts';
import { attachmentNotFound, mustFindAttachment } from './lookup.ts';
import { attachmentPolicy } from './policy.ts';
import { connectAttachment, createAttachment } from './reserve.ts';
import { completeSchema, createAttachmentSchema, createAttachmentSchema354, updateAttachmentSchema } from './schema.ts';
import { mustNotBeServers } from './server-use.ts';
import { attachmentDetailView, attachmentSummaryView } from './view.ts';
import { microversions } from '../http/microversion-table.ts';

const since = microversions.attachments;

const idOf = ({ params }: RequestContext): string => params['id'] ?? '';

async function show(context: RequestContext, row: AttachmentRow): Promise<Answer> {
  return { body: { attachment: attachmentDetailView(row, await connectionFactsOf(context, row.volumeId)) } };
}

const filters: FilterRules = {
  filters: {
    id: { column: 'id' },
    volume_id: { column: 'volumeId' },
    // Cinder lists `status` among the filters, but has no such column: it finds nothing.
    attach_status: { column: 'attachStatus' },
    instance_id: { column: 'instanceId' },
    instance_uuid: { column: 'instanceId' },
    attached_host: { column: 'attachedHost' },
    mountpoint: { column: 'mountpoint' },
    attach_mode: { column: 'attachMode' },
  },
  forEveryone: ['volume_id', 'status', 'instance_id', 'attach_status'],
};

const sortColumns = {
  id: { column: 'id' },
  volume_id: { column: 'volumeId' },
  attach_status: { column: 'attachStatus' },
  instance_uuid: { column: 'instanceId' },
  attached_host: { column: 'attachedHost' },
  attach_mode: { column: 'attachMode' },
  mountpoint: { column: 'mountpoint' },
  created_at: { column: 'createdAt' },
  updated_at: { column: 'updatedAt' },
};

/** Credentials are for the one who connects: show has them, lists do not. */
const noFacts = { credentials: null, qosSpecs: null };

async function list(context: RequestContext, detailed: boolean): Promise<Answer> {
  const answer = await answerList<AttachmentRow>(context, {
    collection: 'attachments',
    path: 'attachments',
    filters,
    sortColumns,
    read: (projectId, page) => listAttachments(context.db, projectId, page),
    view: (rows) => rows.map((row) => (detailed ? attachmentDetailView(row, noFacts) : attachmentSummaryView(row))),
    noSuchMarker: attachmentNotFound,
  });
  // Cinder's lists of attachments have no link to the next page.
  const { attachments } = answer.body as { attachments: unknown };
  return { body: { attachments } };
}

async function complete(context: RequestContext): Promise<Answer> {
  const attachment = await mustFindAttachment(context, idOf(context));
  context.authorize(attachmentPolicy.complete, attachment);
  return context.inTransaction(async (tx) => {
    if (!(await completeAttachment(tx, attachment.id, attachment.volumeId))) throw attachmentNotFound(attachment.id);
    return { status: 204 };
  });
}

async function remove(context: RequestContext): Promise<Answer> {
  const attachment = await mustFindAttachment(context, idOf(context));
  context.authorize(attachmentPolicy.delete, attachment);
  await mustNotBeServers(context, attachment);
  const { id, volumeId } = attachment;
  if (attachment.attachStatus !== 'reserved') {
    const volume = await mustFindVolume(context, volumeId);
    const others = (await attachmentsOf(context.db, volumeId)).filter((row) => row.id !== id);
    const removeExport = others.every((row) => row.attachStatus === 'reserved');
    await terminateConnection(context, volume, { attachmentId: id, connector: attachment.connector, removeExport });
  }
  return context.inTransaction(async (tx) => {
    if (!(await finishDetach(tx, volumeId, id))) {
      throw new ApiError('Conflict', {
        detail: `Resource conflict: attachment ${id} is being changed by an operation`,
      });
    }
    return { body: { attachments: (await attachmentsOf(tx, volumeId)).map(attachmentSummaryView) } };
  });
}

export const attachmentRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/attachments',
    since,
    before: microversions.attachmentMode,
    policy: attachmentPolicy.create,
    schema: createAttachmentSchema,
    handler: async (context, { attachment }) => show(context, await createAttachment(context, attachment)),
  }),
  route({
    method: 'POST',
    path: '/attachments',
    since: microversions.attachmentMode,
    policy: attachmentPolicy.create,
    schema: createAttachmentSchema354,
    handler: async (context, { attachment }) => show(context, await createAttachment(context, attachment)),
  }),
  route({
    method: 'GET',
    path: '/attachments',
    since,
    policy: attachmentPolicy.list,
    handler: (context) => list(context, false),
  }),
  route({
    method: 'GET',
    path: '/attachments/detail',
    since,
    policy: attachmentPolicy.list,
    handler: (context) => list(context, true),
  }),
  route({
    method: 'GET',
    path: '/attachments/:id',
    since,
    policy: attachmentPolicy.get,
    handler: async (context) => show(context, await mustFindAttachment(context, idOf(context))),
  }),
  route({
    method: 'PUT',
    path: '/attachments/:id',
    since,
    policy: attachmentPolicy.update,
    schema: updateAttachmentSchema,
    handler: async (context, { attachment }) => {
      const before = await mustFindAttachment(context, idOf(context));
      return show(context, await connectAttachment(context, before, attachment.connector));
    },
  }),
  route({ method: 'DELETE', path: '/attachments/:id', since, policy: attachmentPolicy.delete, handler: remove }),
  route({
    method: 'POST',
    path: '/attachments/:id/action',
    action: 'os-complete',
    since: microversions.attachmentComplete,
    policy: attachmentPolicy.complete,
    schema: completeSchema,
    handler: complete,
  }),
];
