// volumeCleanup: removes what a create may have left on a pool that it gave up; waits for that host as long as needed.
import { ApplicationFailure, ActivityFailure, proxyActivities, setCurrentDetails, sleep } from '@temporalio/workflow';
import type { VolumeActivities, VolumeRequest } from '../activities/volume.ts';
import { serviceHostOf } from '../domain/backend-host.ts';
import { volumeQueue } from '../domain/task-queues.ts';
import { pausedBackends } from './support/backend-wait.ts';

export interface VolumeCleanupArgs {
  readonly pool: string;
  readonly request: VolumeRequest;
}

/** Between two looks at a back-end that an administrator has paused. */
const pausePatience = '5 minutes';

/** Ends when the pool holds nothing of that claim, or when a newer claim has taken the volume over there. */
export async function volumeCleanup({ pool, request }: VolumeCleanupArgs): Promise<string> {
  setCurrentDetails(
    `Removing what is left of volume ${request.volume.id} on ${pool}; waits for that host if it is down.`,
  );
  const on = proxyActivities<VolumeActivities>({
    taskQueue: volumeQueue(serviceHostOf(pool)),
    summary: 'Remove the volume that was given up here',
    startToCloseTimeout: '7 days',
    heartbeatTimeout: '1 minute',
    retry: { initialInterval: '5 s', maximumInterval: '10 minutes' },
  });
  for (;;) {
    try {
      await on.removeVolume(request);
      return 'removed';
    } catch (error) {
      if (pausedBackends(error) === null) return leftToNewerClaim(error);
    }
    await sleep(pausePatience);
  }
}

function leftToNewerClaim(error: unknown): string {
  const cause = error instanceof ActivityFailure ? error.cause : null;
  if (cause instanceof ApplicationFailure && cause.type === 'StaleEpoch') return 'left to a newer claim';
  throw error;
}
