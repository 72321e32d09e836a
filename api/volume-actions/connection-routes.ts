// The attach and detach calls of old: reserve, initialize, attach, begin, terminate, detach, and their ways back.
import {
  attachDirectly,
  beginDetaching,
  finishDetach,
  moveVolume,
  unreserveVolume,
  type DirectAttachVerdict,
} from '../../prisma/store/attachments/changes.ts';
import { attachmentsOf } from '../../prisma/store/attachments/attachments.ts';
import { mergeEntries } from '../../prisma/store/database/json-entries.ts';
import type { VolumeRow } from '../../prisma/store/volumes/volumes.ts';
import { initializeConnection, terminateConnection, type Connector } from '../attachments/connect.ts';
import { connectionInfoView } from '../attachments/connection-view.ts';
import { connectionFactsOf } from '../attachments/connection-facts.ts';
import { attachmentToDetach } from '../attachments/server-use.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import type { Policy } from '../http/policy.ts';
import { route } from '../http/route.ts';
import { mustFindVolume } from '../volumes/lookup.ts';
import { volumeActionPolicy } from './policy.ts';
import { attachSchema, detachSchema, forceDetachSchema, initializeSchema, nothing, terminateSchema } from './schema.ts';

const at = { method: 'POST', path: '/volumes/:id/action' } as const;
const accepted: Answer = { status: 202 };

async function find(context: RequestContext, policy: Policy): Promise<VolumeRow> {
  const volume = await mustFindVolume(context, context.params['id'] ?? '');
  context.authorize(policy, volume);
  return volume;
}

const adminOf = (volume: VolumeRow): Record<string, string> =>
  JSON.parse(volume.adminMetadataJson) as Record<string, string>;

function mustNotBeInMaintenance(volume: VolumeRow, doing: string): void {
  if (volume.status !== 'maintenance') return;
  throw new ApiError('InvalidVolume', { reason: `The volume ${doing} in maintenance mode.` });
}

async function reserve(context: RequestContext): Promise<Answer> {
  const volume = await find(context, volumeActionPolicy.reserve);
  const from = volume.multiattach ? ['available', 'in-use'] : ['available'];
  return context.inTransaction(async (tx) => {
    const { moved, status } = await moveVolume(tx, volume.id, from, 'attaching');
    if (!moved) {
      const reason = `Volume status must be ${from.join(' or ')} to reserve, but the status is ${status ?? 'deleted'}.`;
      throw new ApiError('InvalidVolume', { reason });
    }
    return accepted;
  });
}

async function unreserve(context: RequestContext): Promise<Answer> {
  const volume = await find(context, volumeActionPolicy.unreserve);
  return context.inTransaction(async (tx) => {
    await unreserveVolume(tx, volume.id);
    return accepted;
  });
}

async function begin(context: RequestContext): Promise<Answer> {
  const volume = await find(context, volumeActionPolicy.beginDetaching);
  return context.inTransaction(async (tx) => {
    if (!(await beginDetaching(tx, volume.id))) {
      const reason =
        "Unable to detach volume. Volume status must be 'in-use' and attach_status must be 'attached' to detach.";
      throw new ApiError('InvalidVolume', { reason });
    }
    return accepted;
  });
}

async function rollBack(context: RequestContext): Promise<Answer> {
  const volume = await find(context, volumeActionPolicy.rollDetaching);
  return context.inTransaction(async (tx) => {
    await moveVolume(tx, volume.id, ['detaching'], 'in-use');
    return accepted;
  });
}

async function initialize(context: RequestContext, connector: Connector): Promise<Answer> {
  const volume = await find(context, volumeActionPolicy.initialize);
  mustNotBeInMaintenance(volume, 'connection cannot be initialized');
  const stored = await initializeConnection(context, volume, { attachmentId: null, connector, mode: null });
  const additions = { adminMetadata: adminOf(volume), connector, ...(await connectionFactsOf(context, volume.id)) };
  return { body: { connection_info: connectionInfoView(stored, additions) } };
}

interface AttachWish {
  readonly instance_uuid?: string;
  readonly host_name?: string;
  readonly mountpoint: string;
  readonly mode?: 'rw' | 'ro';
}

/** Cinder's sanitize_hostname. */
const hostName = (text: string): string =>
  text
    .replace(/[ _]/g, '-')
    .replace(/[^\w.-]+/g, '')
    .toLowerCase()
    .replace(/^[.-]+|[.-]+$/g, '');

async function attach(context: RequestContext, wish: AttachWish): Promise<Answer> {
  const volume = await find(context, volumeActionPolicy.attach);
  mustNotBeInMaintenance(volume, 'cannot be attached');
  const mode = wish.mode ?? 'rw';
  if (adminOf(volume)['readonly'] === 'True' && mode !== 'ro') {
    throw new ApiError('InvalidVolumeAttachMode', { mode, volume_id: volume.id });
  }
  return context.inTransaction(async (tx) => {
    if (adminOf(volume)['readonly'] === undefined) {
      await mergeEntries(tx, 'volumeAdminMetadata', volume.id, { readonly: 'False' });
    }
    const verdict = await attachDirectly(tx, {
      id: context.newId('attachment'),
      volumeId: volume.id,
      instanceId: wish.instance_uuid ?? null,
      host: wish.host_name === undefined ? null : hostName(wish.host_name),
      mountpoint: wish.mountpoint,
      mode,
      multiattach: volume.multiattach,
    });
    mustBeAttached(verdict);
    return accepted;
  });
}

function mustBeAttached(verdict: DirectAttachVerdict): void {
  if (verdict.verdict === 'attached') return;
  const reasons = {
    'other-mode': 'being attached by different mode',
    taken: 'volume is already attached and multiple attachments are not enabled',
    status: `Volume status must be available, attaching or reserved to attach, but the status is ${
      verdict.verdict === 'status' ? verdict.status : ''
    }.`,
  } as const;
  // Cinder's API wraps what its volume service says.
  const detail = `Error attaching volume - InvalidVolume: Invalid volume: ${reasons[verdict.verdict]}`;
  throw new ApiError('BadRequest', { detail });
}

/** Whether anybody but `exceptId` has been connected to the volume. */
async function isExportUnused(context: RequestContext, volumeId: string, exceptId: string | null): Promise<boolean> {
  const attachments = await attachmentsOf(context.db, volumeId);
  return attachments.every((row) => row.id === exceptId || row.attachStatus === 'reserved');
}

async function terminate(context: RequestContext, volume: VolumeRow, connector: Connector | null): Promise<void> {
  const meant = await attachmentToDetach(context, volume.id, null);
  const removeExport = await isExportUnused(context, volume.id, null);
  await terminateConnection(context, volume, { attachmentId: meant?.id ?? null, connector, removeExport });
}

async function detach(context: RequestContext, volume: VolumeRow, attachmentId: string | null): Promise<Answer> {
  const meant = await attachmentToDetach(context, volume.id, attachmentId);
  mustNotBeInMaintenance(volume, 'cannot be detached');
  if (meant) {
    const removeExport = await isExportUnused(context, volume.id, meant.id);
    await terminateConnection(context, volume, { attachmentId: meant.id, connector: null, removeExport });
  }
  return context.inTransaction(async (tx) => {
    if (!(await finishDetach(tx, volume.id, meant?.id ?? null))) {
      const detail = 'Error detaching volume - InvalidVolume: Invalid volume: the attachment is being changed already';
      throw new ApiError('BadRequest', { detail });
    }
    return accepted;
  });
}

export const connectionActionRoutes = [
  route({
    ...at,
    action: 'os-reserve',
    policy: volumeActionPolicy.reserve,
    schema: nothing('os-reserve'),
    handler: reserve,
  }),
  route({
    ...at,
    action: 'os-unreserve',
    policy: volumeActionPolicy.unreserve,
    schema: nothing('os-unreserve'),
    handler: unreserve,
  }),
  route({
    ...at,
    action: 'os-begin_detaching',
    policy: volumeActionPolicy.beginDetaching,
    schema: nothing('os-begin_detaching'),
    handler: begin,
  }),
  route({
    ...at,
    action: 'os-roll_detaching',
    policy: volumeActionPolicy.rollDetaching,
    schema: nothing('os-roll_detaching'),
    handler: rollBack,
  }),
  route({
    ...at,
    action: 'os-initialize_connection',
    policy: volumeActionPolicy.initialize,
    schema: initializeSchema,
    handler: (context, body) => initialize(context, body['os-initialize_connection'].connector),
  }),
  route({
    ...at,
    action: 'os-attach',
    policy: volumeActionPolicy.attach,
    schema: attachSchema,
    handler: (context, body) => attach(context, body['os-attach']),
  }),
  route({
    ...at,
    action: 'os-terminate_connection',
    policy: volumeActionPolicy.terminate,
    schema: terminateSchema,
    handler: async (context, body) => {
      const volume = await find(context, volumeActionPolicy.terminate);
      await terminate(context, volume, body['os-terminate_connection'].connector);
      return context.inTransaction(async (tx) => {
        await unreserveVolume(tx, volume.id);
        return accepted;
      });
    },
  }),
  route({
    ...at,
    action: 'os-detach',
    policy: volumeActionPolicy.detach,
    schema: detachSchema,
    handler: async (context, body) =>
      detach(context, await find(context, volumeActionPolicy.detach), body['os-detach']?.attachment_id ?? null),
  }),
  route({
    ...at,
    action: 'os-force_detach',
    policy: volumeActionPolicy.forceDetach,
    schema: forceDetachSchema,
    handler: async (context, body) => {
      const { attachment_id: attachmentId = null } = body['os-force_detach'];
      const volume = await find(context, volumeActionPolicy.forceDetach);
      // Checked before anything is done, so that a refusal has changed nothing.
      await attachmentToDetach(context, volume.id, attachmentId);
      return detach(context, volume, attachmentId);
    },
  }),
];
