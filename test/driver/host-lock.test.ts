// The lock and the fence of a resource on this host, with real processes that die, stop and leave orphans.
import { randomUUID } from 'node:crypto';
import { readFile, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../drivers/data/eventually.ts';
import { startDaemon, type Daemon } from '../../privileged/daemon.ts';
import { withHostLock } from '../../privileged/host-lock.ts';
import { pruneLocks } from '../../privileged/lock-pruning.ts';
import { scratchDirectory } from './support/step.ts';

const holderScript = fileURLToPath(new URL('./support/lock-holder.ts', import.meta.url));
const started: Daemon[] = [];
const never = new AbortController().signal;

let scratch: Awaited<ReturnType<typeof scratchDirectory>>;
let resourceId: string;
beforeEach(async () => {
  scratch = await scratchDirectory();
  resourceId = randomUUID();
});
afterEach(async () => {
  for (const holder of started.splice(0)) holder.kill();
  await scratch.remove();
});

const take = <T>(
  epoch: number,
  work: (lockFd: number) => Promise<T>,
  more: { signal?: AbortSignal; onWait?: (reason: string) => void } = {},
) => withHostLock({ stateDir: scratch.path, resourceId, epoch, signal: never, ...more }, work);

async function holder(epoch: number, mode = ''): Promise<{ readonly process: Daemon; readonly said: string }> {
  const logFile = join(scratch.path, `holder-${started.length}.log`);
  const daemon = await startDaemon({
    command: process.execPath,
    args: ['--import', 'tsx', holderScript, scratch.path, resourceId, String(epoch), mode],
    logFile,
    stopSignal: 'SIGTERM',
  });
  started.push(daemon);
  await eventually('the holder to take the lock', { timeoutMs: 20_000 }, async () =>
    (await readFile(logFile, 'utf8')).includes('locked'),
  );
  return { process: daemon, said: await readFile(logFile, 'utf8') };
}

/** Takes the lock in the background; `has` tells whether it has it. */
function successor(epoch: number) {
  const waits: string[] = [];
  const state = { has: false };
  const done = take(
    epoch,
    async () => {
      state.has = true;
    },
    { onWait: (reason) => waits.push(reason) },
  );
  return { state, waits, done };
}

describe('a host lock', () => {
  it('lets work on one resource happen one at a time in this process, and on two at once', async () => {
    let running = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, () => take(1, work)));
    expect(most).toBe(1);
    const other = withHostLock(
      { stateDir: scratch.path, resourceId: randomUUID(), epoch: 1, signal: never },
      async () => 'other',
    );
    expect(await take(1, () => other)).toBe('other');
  });

  it('refuses a claim that a newer one has overtaken, and serves the same one again', async () => {
    await take(7, async () => {});
    await take(7, async () => {});
    await expect(take(6, async () => 'acted')).rejects.toMatchObject({ code: 'StaleEpoch' });
    expect(await take(8, async () => 'acted')).toBe('acted');
  });

  it('lets go when its work throws', async () => {
    await expect(take(1, async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await take(1, async () => 'next')).toBe('next');
  });

  it('is free again as soon as its holder is killed', async () => {
    const { process: held } = await holder(1);
    const next = successor(2);
    await eventually('the successor to wait', { timeoutMs: 10_000 }, async () => next.waits.length > 0);
    expect(next.state.has).toBe(false);
    expect(next.waits[0]).toMatch(new RegExp(`held by pid ${held.pid} since .* for claim 1$`));
    held.kill();
    await next.done;
  });

  it('stays with a child that its killed holder left running', async () => {
    const { process: held, said } = await holder(1, 'child');
    const child = Number(/locked by child (\d+)/.exec(said)?.[1]);
    held.kill();
    await held.exited;
    const next = successor(2);
    await eventually('the successor to wait', { timeoutMs: 10_000 }, async () => next.waits.length > 0);
    expect(next.state.has).toBe(false);
    expect(next.waits[0]).toContain(`a command that pid ${held.pid} (gone) left running`);
    process.kill(-child, 'SIGKILL');
    await next.done;
  });

  it('stays with a holder that is stopped, and refuses what that holder tries after its successor', async () => {
    const { process: held } = await holder(1);
    process.kill(held.pid, 'SIGSTOP');
    const next = successor(2);
    await eventually('the successor to wait', { timeoutMs: 10_000 }, async () => next.waits.length > 1);
    expect(next.state.has).toBe(false);
    process.kill(held.pid, 'SIGCONT');
    held.kill();
    await next.done;
    await expect(take(1, async () => 'acted')).rejects.toMatchObject({ code: 'StaleEpoch' });
  });

  it('stops waiting when it is cancelled', async () => {
    const { process: held } = await holder(1);
    const cancel = new AbortController();
    const waiting = take(2, async () => 'acted', {
      signal: cancel.signal,
      onWait: () => cancel.abort(new Error('cancelled')),
    });
    await expect(waiting).rejects.toThrow('cancelled');
    held.kill();
    expect(await take(2, async () => 'acted')).toBe('acted');
  });

  it('leaves its place in this process’s queue when it is cancelled', async () => {
    let release = (): void => {};
    let started = false;
    const first = take(
      1,
      () =>
        new Promise<void>((resolve) => {
          release = resolve;
          started = true;
        }),
    );
    await eventually('the first to start', { timeoutMs: 5_000 }, async () => started);
    const cancel = new AbortController();
    const second = take(1, async () => 'acted', { signal: cancel.signal });
    cancel.abort(new Error('cancelled'));
    await expect(second).rejects.toThrow('cancelled');
    const third = take(1, async () => 'third');
    release();
    await first;
    expect(await third).toBe('third');
  });

  it('keeps the fences of the last days and prunes older ones, but not while one is held', async () => {
    const path = join(scratch.path, 'locks', resourceId);
    const longAgo = new Date(Date.now() - 40 * 24 * 60 * 60 * 1000);
    await take(3, async () => {});
    expect(await pruneLocks(scratch.path, 30)).toBe(0);
    await take(3, async () => {
      await utimes(path, longAgo, longAgo);
      expect(await pruneLocks(scratch.path, 30)).toBe(0);
    });
    expect(await pruneLocks(scratch.path, 30)).toBe(1);
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await take(1, async () => 'anew')).toBe('anew');
  });

  it('never makes a path from anything but a UUID', async () => {
    const wish = withHostLock({ stateDir: scratch.path, resourceId: '../x', epoch: 1, signal: never }, async () => {});
    await expect(wish).rejects.toThrow('not a UUID');
  });
});
