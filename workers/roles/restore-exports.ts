// Exports again what a target has lost: it keeps its exports in memory, and may be started anew under a running worker.
import type { VolumeRoleDeps } from './volume.ts';

const lookEveryMs = 2_000;
/** A volume whose lock somebody holds (a worker that stands still, perhaps) waits for a later look; the others do not. */
const lockPatienceMs = 1_000;

type Deps = Pick<VolumeRoleDeps, 'target' | 'driver' | 'services' | 'log' | 'withHostLock' | 'host' | 'backend'>;

/**
 * Restores the exports of this back-end, and does so again whenever its target has been started anew, until stopped.
 * The first time is awaited, so that a started role exports what is attached.
 */
export async function keepExports(deps: Deps): Promise<{ stop(): Promise<void> }> {
  const atStart = await generationOf(deps);
  let known = (await restoreExports(deps)) ? atStart : null;
  let looking: Promise<void> = Promise.resolve();
  let busy = false;
  const look = async (): Promise<void> => {
    const current = await generationOf(deps);
    if (current === null || current === known) return;
    if (known !== null) deps.log.warn({ backend: deps.backend }, 'the target was started anew: exporting again');
    // Not known until all are there again.
    known = null;
    if (await restoreExports(deps)) known = current;
  };
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    looking = look()
      .catch((error: unknown) => deps.log.error({ err: error }, 'exports not restored yet; trying again'))
      .finally(() => (busy = false));
  }, lookEveryMs);
  return {
    async stop() {
      clearInterval(timer);
      await looking;
    },
  };
}

const generationOf = ({ target }: Deps): Promise<string | null> => target?.generation?.() ?? Promise.resolve(null);

interface Wish {
  readonly volumeId: string;
  readonly act: (signal: AbortSignal, lockFd: number) => Promise<void>;
}

/**
 * Exports every volume of this back-end that has a live attachment, and whatever else was exported here and not taken
 * away (a backup may be reading it). Those exported still are left alone. One that cannot be is logged, and the others
 * go on. True when nothing failed.
 */
async function restoreExports(deps: Deps): Promise<boolean> {
  const { target, log, withHostLock, backend } = deps;
  if (target === null) return true;
  const wishes = await wishesOf(deps);
  const { signal } = new AbortController();
  let allWell = true;
  for (const { volumeId, act } of wishes) {
    try {
      // Under the lock but without a claim: an operation on the volume may be under way, and keeps its turn.
      const patience = AbortSignal.timeout(lockPatienceMs);
      await withHostLock({ resourceId: volumeId, epoch: null, signal: patience }, (lockFd) => act(signal, lockFd));
    } catch (error) {
      allWell = false;
      log.error(
        { err: error, volumeId },
        'a volume in use could not be exported again; its initiators cannot reach it',
      );
    }
  }
  if (wishes.length > 0) log.info({ backend, volumes: wishes.length }, 'volumes in use are exported');
  return allWell;
}

async function wishesOf(deps: Deps): Promise<readonly Wish[]> {
  const { target, driver, services, host, backend } = deps;
  if (target === null) return [];
  const wanted = await services.wantedExports(`${host}@${backend}`);
  const step = (signal: AbortSignal, lockFd: number, operationId: string) => ({
    ...{ operationId, epoch: 0, signal, lockFd, reportProgress: () => undefined },
  });
  const attached = wanted.filter((one) => one.attached !== false);
  const remembered = new Set((await target.listRemembered?.()) ?? []);
  // What an operation is taking away just now has lost its record, and stays away.
  const forAttachments = attached.map(({ volumeId, readonly, chap }): Wish => ({
    volumeId,
    async act(signal, lockFd) {
      if (remembered.has(volumeId) && (await target.remembered?.(volumeId)) === null) return;
      const path = await driver.volumePath(volumeId);
      await target.exportVolume(step(signal, lockFd, volumeId), { volumeId, path, chap, readonly });
    },
  }));
  const others = [...remembered].filter((id) => !attached.some(({ volumeId }) => volumeId === id));
  const forOthers = others.map((volumeId): Wish => ({
    volumeId,
    async act(signal, lockFd) {
      const record = await target.remembered?.(volumeId);
      const owner = wanted.find(({ chap }) => chap !== null && chap.username === record?.username);
      // Another back-end's, or one whose operation has ended: nothing reads it.
      if (!record || !owner) return;
      const { username: _, ...request } = record;
      await target.exportVolume(step(signal, lockFd, volumeId), { ...request, chap: owner.chap });
    },
  }));
  return [...forAttachments, ...forOthers];
}
