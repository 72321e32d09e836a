// volumeCreate: choose a pool (ScheduleCreateVolume), make the volume there, go to the next pool when one fails.
import { isCancellation, sleep } from '@temporalio/workflow';
import type { FetchImageRequest } from '../activities/image.ts';
import type { CreateVolumeRequest } from '../activities/volume.ts';
import { despitePauses } from './support/backend-wait.ts';
import { control } from './support/control.ts';
import { createOnPool, leaveBehind } from './support/create-on-pool.ts';
import { readFailure } from './support/failures.ts';
import { fetchImage, writeImage } from './support/image.ts';
import { operationWorkflow } from './support/operation.ts';
import type { OperationRun } from './support/run.ts';

type VolumeSource = CreateVolumeRequest['source'];

/** A source as a request names it. */
export type RequestedSource =
  | { kind: 'blank' }
  | { kind: 'snapshot'; snapshotId: string }
  | { kind: 'volume'; volumeId: string };

interface VolumeCreateInput {
  readonly source: RequestedSource | { readonly kind: 'image'; readonly image: FetchImageRequest['image'] };
  readonly volumeId: string;
}

export const volumeCreate = operationWorkflow('volumeCreate', async (run) => {
  const { volumeId, source } = run.input<VolumeCreateInput>();
  if (source.kind !== 'image') return { host: await placeAndCreate(run, volumeId, sourceOf(run, source)) };
  const host = await placeAndCreate(run, volumeId, { kind: 'blank' });
  const wish = { host, volumeId, image: source.image };
  await fetchImage(run, wish);
  await writeImage(run, wish, true);
  return { host };
});

/** Creates the volume on the best pool that manages to; answers host@backend#pool. */
export async function placeAndCreate(run: OperationRun, volumeId: string, source: VolumeSource): Promise<string> {
  const { sizeGib, host } = run.volume(volumeId);
  const excludedPools: string[] = [];
  let lastFailure: unknown;
  // A create's claim has chosen already, if there was room; so has an earlier attempt.
  let pool = host ?? (await choosePool(run, volumeId, excludedPools));
  for (;;) {
    const created = await createOnPool(run, pool, { id: volumeId, sizeGib }, source);
    if (created.outcome === 'created') return pool;
    const failure = readFailure(created.error);
    // A copy needs the back-end that holds its source.
    if (failure.kind === 'user' || source.kind !== 'blank') throw created.error;
    await leaveBehind(run, pool, { id: volumeId, sizeGib }, created.outcome);
    excludedPools.push(pool);
    // A full back-end is an ordinary "no valid host"; any other failure is for the operator to mend.
    lastFailure = failure.code === 'InsufficientSpace' ? lastFailure : created.error;
    await sleep(run.granted.policy.initialIntervalMs);
    pool = await choosePool(run, volumeId, excludedPools).catch((error: unknown) =>
      Promise.reject(isCancellation(error) ? error : (lastFailure ?? error)),
    );
  }
}

function choosePool(run: OperationRun, volumeId: string, excludedPools: readonly string[]): Promise<string> {
  run.show('Choosing a pool');
  return despitePauses(run, () => control.scheduleCreateVolume({ claim: run.claim, volumeId, excludedPools }));
}

/** The source with what is known of it. */
export function sourceOf(run: OperationRun, source: RequestedSource): VolumeSource {
  if (source.kind === 'snapshot') {
    const { id, volumeId, sizeGib } = run.snapshot(source.snapshotId);
    return { kind: 'snapshot', snapshot: { id, volumeId, sizeGib } };
  }
  if (source.kind === 'volume') {
    const { id, sizeGib } = run.volume(source.volumeId);
    return { kind: 'volume', volume: { id, sizeGib } };
  }
  return { kind: 'blank' };
}
