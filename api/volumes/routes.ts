// /volumes: create, lists, summary, show, update, delete, encryption metadata.
import { attachedByVolume } from '../../prisma/store/attachments/attachments.ts';
import {
  countVolumes,
  editVolume,
  findVolume,
  listVolumes,
  summarizeVolumes,
} from '../../prisma/store/volumes/volumes.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import type { Microversion } from '../http/microversion.ts';
import { route, type Route } from '../http/route.ts';
import { emptyAccepted } from '../lists/empty-answer.ts';
import { flagOf } from '../lists/filters.ts';
import { answerList, listedProject } from '../lists/list.ts';
import { createVolume } from './create.ts';
import { deleteVolume } from './delete.ts';
import { volumeFilters, volumeSortColumns } from './filters.ts';
import { mustFindVolume } from './lookup.ts';
import { volumeMetadataRoutes } from './metadata-routes.ts';
import { volumePolicy } from './policy.ts';
import { createVolumeSchemas, updateVolumeSchema, updateVolumeSchema353, type CreateVolumeBody } from './schema.ts';
import { volumeDetailView, volumeSummaryView, type VolumeOccasion } from './view.ts';
import { microversions } from '../http/microversion-table.ts';

async function detailOf(context: RequestContext, id: string, occasion: VolumeOccasion): Promise<Answer> {
  const volume = await mustFindVolume(context, id);
  const attachments = await attachedByVolume(context.db, [volume.id]);
  return { body: { volume: volumeDetailView(context, occasion)(volume, attachments.get(volume.id) ?? []) } };
}

/** A repeat under an Idempotency-Key whose first answer was lost: the volume, as new as it was. */
async function answerCreateAgain(context: RequestContext): Promise<Answer> {
  const volume = await mustFindVolume(context, context.newId('volume'));
  const row = { ...volume, status: 'creating', host: null, serviceId: null, updatedAt: null };
  return { status: 202, body: { volume: volumeDetailView(context, 'created')(row, []) } };
}

function createRoute(since: keyof typeof createVolumeSchemas, before?: Microversion): Route {
  return route({
    method: 'POST',
    path: '/volumes',
    since,
    ...(before ? { before } : {}),
    policy: volumePolicy.create,
    schema: createVolumeSchemas[since],
    handler: (context, body) => createVolume(context, body as CreateVolumeBody),
    again: answerCreateAgain,
  });
}

function list(context: RequestContext, detailed: boolean): Promise<Answer> {
  return answerList(context, {
    collection: 'volumes',
    path: detailed ? 'volumes/detail' : 'volumes',
    filters: volumeFilters,
    sortColumns: volumeSortColumns,
    read: (projectId, page) => listVolumes(context.db, projectId, page),
    count: (projectId, conditions) => countVolumes(context.db, projectId, conditions),
    noSuchMarker: (marker) => new ApiError('VolumeNotFound', { volume_id: marker }),
    view: async (rows) => {
      if (!detailed) return rows.map(volumeSummaryView(context));
      const view = volumeDetailView(context, 'shown');
      const attachments = await attachedByVolume(
        context.db,
        rows.filter((row) => row.attachStatus !== 'detached').map((row) => row.id),
      );
      return rows.map((row) => view(row, attachments.get(row.id) ?? []));
    },
  });
}

interface UpdateBody {
  readonly volume: {
    readonly name?: string | null;
    readonly description?: string | null;
    readonly display_name?: string | null;
    readonly display_description?: string | null;
    readonly metadata?: Readonly<Record<string, string>>;
  };
}

async function updateVolume(context: RequestContext, { volume: wish }: UpdateBody): Promise<Answer> {
  const before = await mustFindVolume(context, context.params['id'] ?? '');
  context.authorize(volumePolicy.update, before);
  if (before.status === 'maintenance') {
    throw new ApiError('InvalidVolume', { reason: 'The volume cannot be updated during maintenance.' });
  }
  const { name = wish.display_name, description = wish.display_description, metadata } = wish;
  return context.inTransaction(async (tx) => {
    await editVolume(tx, before.id, { name, description, metadata });
    const volume = await findVolume(tx, before.id, null);
    if (!volume) throw new ApiError('VolumeNotFound', { volume_id: before.id });
    const attachments = await attachedByVolume(tx, [volume.id]);
    return { body: { volume: volumeDetailView(context, 'changed')(volume, attachments.get(volume.id) ?? []) } };
  });
}

async function removeVolume(context: RequestContext): Promise<Answer> {
  const cascade = flagOf(context, 'cascade');
  const force = context.atLeast(microversions.forcedDelete) && flagOf(context, 'force');
  const volume = await mustFindVolume(context, context.params['id'] ?? '');
  if (force) context.authorize(volumePolicy.forceDelete, volume);
  context.authorize(volumePolicy.delete, volume);
  await deleteVolume(context, volume, { force, cascade });
  return emptyAccepted;
}

async function summarize(context: RequestContext): Promise<Answer> {
  const { count, totalGib, metadata } = await summarizeVolumes(context.db, listedProject(context));
  return {
    body: {
      'volume-summary': {
        total_count: count,
        total_size: totalGib,
        ...(context.atLeast(microversions.summaryMetadata) ? { metadata } : {}),
      },
    },
  };
}

/** Volumes are not encrypted (yet): the one entry there is says so. */
async function encryptionOf(context: RequestContext): Promise<Readonly<Record<string, null>>> {
  const volume = await mustFindVolume(context, context.params['volume_id'] ?? '');
  context.authorize(volumePolicy.getEncryption, volume);
  return { encryption_key_id: null };
}

export const volumeRoutes: readonly Route[] = [
  createRoute('3.0', microversions.groups),
  createRoute(microversions.groups, microversions.volumeOfBackup),
  createRoute(microversions.volumeOfBackup, microversions.strictVolumes),
  createRoute(microversions.strictVolumes),
  route({ method: 'GET', path: '/volumes', policy: volumePolicy.list, handler: (context) => list(context, false) }),
  route({
    method: 'GET',
    path: '/volumes/detail',
    policy: volumePolicy.list,
    handler: (context) => list(context, true),
  }),
  route({
    method: 'GET',
    path: '/volumes/summary',
    since: microversions.volumeSummary,
    policy: volumePolicy.list,
    handler: summarize,
  }),
  route({
    method: 'GET',
    path: '/volumes/:id',
    policy: volumePolicy.get,
    handler: (context) => detailOf(context, context.params['id'] ?? '', 'shown'),
  }),
  route({
    method: 'PUT',
    path: '/volumes/:id',
    before: microversions.strictVolumes,
    policy: volumePolicy.update,
    schema: updateVolumeSchema,
    handler: updateVolume,
  }),
  route({
    method: 'PUT',
    path: '/volumes/:id',
    since: microversions.strictVolumes,
    policy: volumePolicy.update,
    schema: updateVolumeSchema353,
    handler: updateVolume,
  }),
  route({
    method: 'DELETE',
    path: '/volumes/:id',
    policy: volumePolicy.delete,
    handler: removeVolume,
    again: () => Promise.resolve(emptyAccepted),
  }),
  route({
    method: 'GET',
    path: '/volumes/:volume_id/encryption',
    policy: volumePolicy.getEncryption,
    handler: async (context) => ({ body: await encryptionOf(context) }),
  }),
  route({
    method: 'GET',
    path: '/volumes/:volume_id/encryption/:key',
    policy: volumePolicy.getEncryption,
    handler: async (context) => {
      const entries = await encryptionOf(context);
      if (!Object.hasOwn(entries, context.params['key'] ?? '')) throw new ApiError('ResourceNotFound');
      return { body: null };
    },
  }),
  ...volumeMetadataRoutes,
];
