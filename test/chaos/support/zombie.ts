// A worker that is stopped at a boundary, loses its step to another one, and wakes up too late.
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import type { Aftermath, Strike } from './faults.ts';

const successorMs = 45_000;
/** The late step has this long to do what it must not. */
const lateMs = 10_000;

/** Wakes it while its successor works (`chance` < 0.5), or when the operation has ended. */
export async function freezeWorker({ plant, targets: [target] }: Strike): Promise<Aftermath> {
  if (target === undefined) throw new RangeError('nobody to freeze');
  const { boundary, hit, chance, watched } = target;
  const { arrival } = hit;
  const zombie = plant.processes.freeze(boundary.role);
  if (zombie.pid !== arrival.pid) throw new Error(`process ${arrival.pid} is not the worker that runs`);
  await plant.processes.start(boundary.role);
  // It waits in the socket until the process wakes up.
  hit.release('go');
  const isSame = (other: typeof arrival): boolean =>
    other.activityId === arrival.activityId && other.runId === arrival.runId && other.type === arrival.type;
  const endLate = async (): Promise<void> => {
    const since = watched.arrivals.length;
    zombie.wake();
    // What it says when its step has ended, well or not; a step that waits for a lock is ended with it.
    await eventually(() => {
      const said = watched.arrivals.slice(since).some((one) => one.pid === zombie.pid && one.at === 'ended');
      if (!said) throw new Error('the late step has not ended');
    }, lateMs).catch(() => undefined);
    await delay(50);
    await zombie.end();
  };
  let ended: Promise<void> | null = null;
  if (chance < 0.5) {
    await eventually(() => {
      const taken = watched.arrivals.some((one) => one.pid !== zombie.pid && isSame(one));
      if (!taken) throw new Error('nobody has taken the step over');
    }, successorMs).catch(() => undefined);
    ended = endLate();
  }
  return {
    heal: () => Promise.resolve(),
    finish: () => (ended ??= endLate()),
  };
}
