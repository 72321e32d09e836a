// Managing a snapshot that is on a back-end already: POST /os-snapshot-manage and /manageable_snapshots (3.8), and the lists.
import { snapshotQuota } from '../../domain/quota.ts';
import {
  insertSnapshot,
  rowOfNewSnapshot,
  VolumeChangedError,
  type NewSnapshot,
} from '../../prisma/store/snapshots/new-snapshot.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import type { Microversion } from '../http/microversion.ts';
import { route, type Route } from '../http/route.ts';
import { snapshotPolicy } from '../snapshots/policy.ts';
import { snapshotDetailView } from '../snapshots/view.ts';
import { mustFindVolume } from '../volumes/lookup.ts';
import { mustFindVolumeService } from './host.ts';
import { listManageable } from './list.ts';
import { manageSnapshotSchema, sourceNameOf, type ManageSnapshotWish } from './schema.ts';
import { submitOperation } from '../operations/submit.ts';
import { microversions } from '../http/microversion-table.ts';

/** Accepts it and answers the snapshot, with its volume's size. */
async function manage(context: RequestContext, wish: ManageSnapshotWish): Promise<Answer> {
  const volume = await mustFindVolume(context, wish.volume_id);
  context.authorize(snapshotPolicy.manage, volume.projectId);
  if (volume.host === null) {
    const reason = 'The snapshot cannot be created because volume has not been scheduled to any host.';
    throw new ApiError('InvalidVolume', { reason });
  }
  await mustFindVolumeService(context, volume.host);
  const snapshot: NewSnapshot = {
    id: context.newId('snapshot'),
    operationId: context.operationId,
    volumeId: volume.id,
    name: wish.name ?? null,
    description: wish.description ?? null,
    projectId: context.projectId,
    userId: context.userId,
    sizeGib: volume.sizeGib,
    volumeTypeId: volume.volumeTypeId,
    usesGigabytes: !context.config.noSnapshotGbQuota,
    metadata: wish.metadata ?? {},
    createdAt: new Date(),
  };
  const { id, sizeGib } = snapshot;
  try {
    await submitOperation(context, {
      kind: 'snapshotManage',
      resourceId: id,
      input: { snapshotId: id, volumeId: volume.id, name: sourceNameOf(wish.ref) },
      claims: [{ resource: 'snapshot', id }],
      reads: [{ resource: 'volume', id: volume.id }],
      quota: snapshotQuota(1, sizeGib, volume.typeName, context.config.noSnapshotGbQuota),
      within: (tx) => insertSnapshot(tx, snapshot, ['available', 'in-use']),
    });
  } catch (error) {
    if (!(error instanceof VolumeChangedError)) throw error;
    const reason = `Volume ${volume.id} status must be available or in-use, but current status is: ${error.status}.`;
    throw new ApiError('InvalidVolume', { reason });
  }
  return { status: 202, body: { snapshot: snapshotDetailView(context, false)(rowOfNewSnapshot(snapshot)) } };
}

function manageRoutes(path: string, from: Microversion | null): readonly Route[] {
  const { manage: policy, listManageable: listPolicy } = snapshotPolicy;
  const first = from === null ? {} : { since: from };
  return [
    route({
      ...{ method: 'POST', path, policy, ...first },
      schema: manageSnapshotSchema,
      handler: (context, body) => manage(context, body.snapshot),
    }),
    route({
      ...{ method: 'GET', path, policy: listPolicy, ...first },
      handler: (context) => listManageable(context, 'snapshots', false),
    }),
    route({
      ...{ method: 'GET', path: `${path}/detail`, policy: listPolicy, ...first },
      handler: (context) => listManageable(context, 'snapshots', true),
    }),
  ];
}

export const manageableSnapshotRoutes: readonly Route[] = [
  ...manageRoutes('/os-snapshot-manage', null),
  ...manageRoutes('/manageable_snapshots', microversions.manageable),
];
