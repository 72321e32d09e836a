// Exports again what is attached: a target keeps its exports in memory and has lost them when it was restarted.
import type { VolumeRoleDeps } from './volume.ts';

/**
 * Exports every volume of this back-end that has a live attachment; those exported still are left alone. One that
 * cannot be is logged, and the worker starts all the same: the other volumes need it.
 */
export async function restoreExports(deps: VolumeRoleDeps): Promise<void> {
  const { target, driver, services, log, withHostLock, host, backend } = deps;
  if (target === null) return;
  const wanted = await services.wantedExports(`${host}@${backend}`);
  const { signal } = new AbortController();
  for (const { volumeId, readonly, chap } of wanted) {
    try {
      // Under the lock but without a claim: an operation on the volume may be under way, and keeps its turn.
      await withHostLock({ resourceId: volumeId, epoch: null, signal }, async (lockFd) => {
        const path = await driver.volumePath(volumeId);
        const step = { operationId: volumeId, epoch: 0, signal, lockFd, reportProgress: () => undefined };
        await target.exportVolume(step, { volumeId, path, chap, readonly });
      });
    } catch (error) {
      log.error(
        { err: error, volumeId },
        'an attached volume could not be exported again; its initiators cannot reach it',
      );
    }
  }
  if (wanted.length > 0) log.info({ backend, volumes: wanted.length }, 'attached volumes are exported');
}
