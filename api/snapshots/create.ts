// Creating a snapshot: of an attached volume only by force, or since 3.66 without asking.
import type { z } from 'zod';
import { snapshotQuota } from '../../domain/quota.ts';
import { StatusConflictError } from '../../prisma/store/operations/accept-types.ts';
import {
  insertSnapshot,
  rowOfNewSnapshot,
  VolumeChangedError,
  type NewSnapshot,
} from '../../prisma/store/snapshots/new-snapshot.ts';
import type { VolumeRow } from '../../prisma/store/volumes/volumes.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { mustNotBeFrozen } from '../services/frozen.ts';
import { ApiError } from '../http/errors.ts';
import { mustFindVolume } from '../volumes/lookup.ts';
import { snapshotPolicy } from './policy.ts';
import type { createSnapshotSchema } from './schema.ts';
import { snapshotDetailView } from './view.ts';
import { submitOperation } from '../operations/submit.ts';
import { microversions } from '../http/microversion-table.ts';

type Wish = z.output<typeof createSnapshotSchema>['snapshot'];

const inUseSince = microversions.snapshotInUse;
const forceIsGone =
  "Since microversion 3.66 the 'force' flag is invalid for this request.  For backward compatability, however, when " +
  "the 'force' flag is passed with a value evaluating to True, it is silently ignored.";

/** Accepts the snapshot and answers it in `creating`. */
export async function createSnapshot(context: RequestContext, wish: Wish): Promise<Answer> {
  const volume = await mustFindVolume(context, wish.volume_id ?? 'None');
  if (context.atLeast(inUseSince) && wish.force === false) throw new ApiError('BadRequest', { detail: forceIsGone });
  context.authorize(snapshotPolicy.create, volume);
  mustBeTakeable(volume);
  await mustNotBeFrozen(context, volume.host);
  const allowed = wish.force || context.atLeast(inUseSince) ? ['available', 'in-use'] : ['available'];
  mustHaveStatus(volume, volume.status, allowed);
  const snapshot: NewSnapshot = {
    id: context.newId('snapshot'),
    operationId: context.operationId,
    volumeId: volume.id,
    name: wish.name ?? wish.display_name ?? null,
    description: wish.description ?? null,
    projectId: context.projectId,
    userId: context.userId,
    sizeGib: volume.sizeGib,
    volumeTypeId: volume.volumeTypeId,
    usesGigabytes: !context.config.noSnapshotGbQuota,
    metadata: wish.metadata ?? {},
    createdAt: new Date(),
  };
  await submit(context, volume, snapshot, allowed);
  return { status: 202, body: { snapshot: snapshotDetailView(context, false)(rowOfNewSnapshot(snapshot)) } };
}

async function submit(
  context: RequestContext,
  volume: VolumeRow,
  snapshot: NewSnapshot,
  allowed: readonly string[],
): Promise<void> {
  const { id, volumeId, sizeGib } = snapshot;
  try {
    await submitOperation(context, {
      kind: 'snapshotCreate',
      resourceId: id,
      input: { snapshotId: id, volumeId },
      claims: [{ resource: 'snapshot', id }],
      reads: [{ resource: 'volume', id: volumeId }],
      quota: snapshotQuota(1, sizeGib, volume.typeName, context.config.noSnapshotGbQuota),
      within: (tx) => insertSnapshot(tx, snapshot, allowed),
    });
  } catch (error) {
    const changed = error instanceof VolumeChangedError || error instanceof StatusConflictError;
    if (!changed || error.status === null) throw error instanceof VolumeChangedError ? gone(volumeId) : error;
    mustHaveStatus(volume, error.status, []);
  }
}

const gone = (volumeId: string): ApiError => new ApiError('VolumeNotFound', { volume_id: volumeId });

function mustBeTakeable(volume: VolumeRow): void {
  const refuse = (reason: string): never => {
    throw new ApiError('InvalidVolume', { reason });
  };
  if (volume.host === null) {
    refuse('The snapshot cannot be created because volume has not been scheduled to any host.');
  }
  if (volume.status === 'maintenance') {
    refuse('The snapshot cannot be created when the volume is in maintenance mode.');
  }
  if (volume.status === 'error') refuse('The snapshot cannot be created when the volume is in error status.');
}

function mustHaveStatus(volume: VolumeRow, status: string, allowed: readonly string[]): void {
  if (allowed.includes(status)) return;
  const wanted = allowed.length > 0 ? allowed.join(', ') : 'available';
  const reason = `Volume ${volume.id} status must be ${wanted}, but current status is: ${status}.`;
  throw new ApiError('InvalidVolume', { reason });
}
