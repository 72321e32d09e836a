// /attachments (since 3.27): reserve, connect, complete, list, show, delete.
import {
  completeAttachment,
  finishDetach,
  markAttaching,
  reserveAttachment,
} from '../../prisma/store/attachment-changes.ts';
import { attachmentsOf, findAttachment, listAttachments, type AttachmentRow } from '../../prisma/store/attachments.ts';
import { inTransaction } from '../../prisma/store/transaction.ts';
import type { VolumeRow } from '../../prisma/store/volumes.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { route, type Route } from '../http/route.ts';
import type { FilterRules } from '../lists/filters.ts';
import { answerList, visibleTo } from '../lists/list.ts';
import { mustFindVolume } from '../volumes/lookup.ts';
import { initializeConnection, terminateConnection, type Connector } from './connect.ts';
import { credentialsOf } from './credentials.ts';
import { attachmentPolicy } from './policy.ts';
import { completeSchema, createAttachmentSchema, createAttachmentSchema354, updateAttachmentSchema } from './schema.ts';
import { mustNotBeServers } from './server-use.ts';
import { attachmentDetailView, attachmentSummaryView } from './view.ts';

const since = '3.27';

const notFound = (id: string): ApiError =>
  new ApiError('VolumeAttachmentNotFound', { filter: `attachment_id = ${id}` });

async function mustFind(context: RequestContext, id: string): Promise<AttachmentRow> {
  const attachment = await findAttachment(context.db, id, visibleTo(context));
  if (!attachment) throw notFound(id);
  return attachment;
}

const idOf = ({ params }: RequestContext): string => params['id'] ?? '';

async function show(context: RequestContext, row: AttachmentRow): Promise<Answer> {
  return { body: { attachment: attachmentDetailView(row, await credentialsOf(context, row.volumeId)) } };
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

async function list(context: RequestContext, detailed: boolean): Promise<Answer> {
  const answer = await answerList<AttachmentRow>(context, {
    collection: 'attachments',
    path: 'attachments',
    filters,
    sortColumns,
    read: (projectId, page) => listAttachments(context.db, projectId, page),
    // Credentials are for the one who connects: show has them, lists do not.
    view: (rows) => rows.map((row) => (detailed ? attachmentDetailView(row, null) : attachmentSummaryView(row))),
    noSuchMarker: notFound,
  });
  // Cinder's lists of attachments have no link to the next page.
  const { attachments } = answer.body as { attachments: unknown };
  return { body: { attachments } };
}

interface CreateWish {
  readonly instance_uuid?: string;
  readonly volume_uuid: string;
  readonly connector?: Connector | null;
  readonly mode?: 'rw' | 'ro';
}

async function create(context: RequestContext, wish: CreateWish): Promise<Answer> {
  const volume = await mustFindVolume(context, wish.volume_uuid);
  context.authorize(attachmentPolicy.create, volume.projectId);
  if (volume.status.includes('error')) {
    const reason =
      'Volume attachments can not be created if the volume is in an error state. ' +
      `The Volume ${volume.id} currently has a status of: ${volume.status} `;
    throw new ApiError('InvalidVolume', { reason });
  }
  const id = context.newId('attachment');
  const attachMode = (JSON.parse(volume.adminMetadataJson) as Record<string, string>)['readonly']
    ? 'ro'
    : (wish.mode ?? 'null');
  await reserve(context, volume, { id, instanceId: wish.instance_uuid ?? null, attachMode });
  if (wish.connector && Object.keys(wish.connector).length > 0) {
    const reserved = await mustFind(context, id);
    await connect(context, volume, reserved, { connector: wish.connector, keptMode: attachMode });
  }
  const row = await mustFind(context, id);
  // As Cinder answers: what the row was before the connection was made, with the connection.
  return show(context, { ...row, attachStatus: 'reserved', attachedAt: null, attachMode });
}

async function reserve(
  context: RequestContext,
  volume: VolumeRow,
  wish: { readonly id: string; readonly instanceId: string | null; readonly attachMode: string },
): Promise<void> {
  const statuses = volume.multiattach ? 'available or in-use or downloading' : 'available or downloading';
  // Not the context's transaction: the answer comes later.
  await inTransaction(context.db, async (tx) => {
    // A repeat under an Idempotency-Key finds what it has made.
    if (await findAttachment(tx, wish.id, null)) return;
    const { multiattach } = volume;
    const { moved, status } = await reserveAttachment(tx, { ...wish, volumeId: volume.id, multiattach });
    if (moved) return;
    if (status === null) throw new ApiError('VolumeNotFound', { volume_id: volume.id });
    const reason = `Volume ${volume.id} status must be ${statuses} to reserve, but the current status is ${status}.`;
    throw new ApiError('InvalidVolume', { reason });
  });
}

/** Has the volume exported for the connector and writes down that the attachment is attaching. */
async function connect(
  context: RequestContext,
  volume: VolumeRow,
  attachment: AttachmentRow,
  /** `keptMode` null: the mode that the connection was made with is kept. */
  { connector, keptMode }: { readonly connector: Connector; readonly keptMode: string | null },
): Promise<void> {
  const { id, volumeId, attachMode } = attachment;
  const mode = attachMode !== null && attachMode !== 'null' ? attachMode : String(connector['mode'] ?? 'rw');
  await initializeConnection(context, volume, { attachmentId: id, connector: { ...connector, mode }, mode });
  const host = textOf(connector['host'], '');
  const mountpoint = textOf(connector['mountpoint'], 'na');
  const connected = { attachmentId: id, volumeId, host, mountpoint, attachMode: keptMode ?? mode };
  if (!(await inTransaction(context.db, (tx) => markAttaching(tx, connected)))) throw notFound(id);
}

const textOf = (value: unknown, fallback: string): string => (typeof value === 'string' ? value : fallback);

async function update(context: RequestContext, connector: Connector): Promise<Answer> {
  const attachment = await mustFind(context, idOf(context));
  context.authorize(attachmentPolicy.update, attachment.projectId);
  const volume = await mustFindVolume(context, attachment.volumeId);
  if (volume.status.includes('error')) {
    const reason =
      'Volume attachments can not be updated if the volume is in an error state. ' +
      `The Volume ${volume.id} currently has a status of: ${volume.status} `;
    throw new ApiError('Conflict', { detail: `Resource conflict: ${reason}` });
  }
  await mustBeOnlyConnection(context, volume);
  await connect(context, volume, attachment, { connector, keptMode: null });
  const row = await mustFind(context, attachment.id);
  const { attachStatus, attachedAt, attachMode } = attachment;
  return show(context, { ...row, attachStatus, attachedAt, attachMode });
}

/** Several attachments of a volume that is not for several servers: only one may be connected. */
async function mustBeOnlyConnection(context: RequestContext, volume: VolumeRow): Promise<void> {
  if (volume.multiattach) return;
  const all = await attachmentsOf(context.db, volume.id);
  if (all.length > 1 && all.some((row) => row.connectionInfo !== null)) {
    throw new ApiError('Conflict', {
      detail: `Resource conflict: duplicate connectors detected on volume ${volume.id}`,
    });
  }
}

async function complete(context: RequestContext): Promise<Answer> {
  const attachment = await mustFind(context, idOf(context));
  context.authorize(attachmentPolicy.complete, attachment.projectId);
  return context.inTransaction(async (tx) => {
    if (!(await completeAttachment(tx, attachment.id, attachment.volumeId))) throw notFound(attachment.id);
    return { status: 204 };
  });
}

async function remove(context: RequestContext): Promise<Answer> {
  const attachment = await mustFind(context, idOf(context));
  context.authorize(attachmentPolicy.delete, attachment.projectId);
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
      throw new ApiError('Conflict', { detail: `Resource conflict: attachment ${id} is being changed by an operation` });
    }
    return { body: { attachments: (await attachmentsOf(tx, volumeId)).map(attachmentSummaryView) } };
  });
}

export const attachmentRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/attachments',
    since,
    until: '3.53',
    policy: attachmentPolicy.create,
    schema: createAttachmentSchema,
    handler: (context, { attachment }) => create(context, attachment),
  }),
  route({
    method: 'POST',
    path: '/attachments',
    since: '3.54',
    policy: attachmentPolicy.create,
    schema: createAttachmentSchema354,
    handler: (context, { attachment }) => create(context, attachment),
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
    handler: async (context) => show(context, await mustFind(context, idOf(context))),
  }),
  route({
    method: 'PUT',
    path: '/attachments/:id',
    since,
    policy: attachmentPolicy.update,
    schema: updateAttachmentSchema,
    handler: (context, { attachment }) => update(context, attachment.connector),
  }),
  route({ method: 'DELETE', path: '/attachments/:id', since, policy: attachmentPolicy.delete, handler: remove }),
  route({
    method: 'POST',
    path: '/attachments/:id/action',
    action: 'os-complete',
    since: '3.44',
    policy: attachmentPolicy.complete,
    schema: completeSchema,
    handler: complete,
  }),
];
