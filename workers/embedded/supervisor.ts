// Keeps one child process running: starts it again when it ends by itself, ever more slowly, and says so.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { DaemonExit } from '../../privileged/daemon.ts';
import { rememberProcess } from '../../privileged/leftover.ts';
import { rm } from 'node:fs/promises';

export interface StartedChild {
  readonly pid: number;
  readonly exited: Promise<DaemonExit>;
  stop(): Promise<void>;
  kill(): void;
}

export interface ChildPlan {
  /** For messages, and the name of its pid file. */
  readonly name: string;
  readonly logFile: string;
  /** Answers once it is healthy; throws, leaving nothing running, when it does not get there or is aborted. */
  readonly start: (signal: AbortSignal) => Promise<StartedChild>;
}

export interface SupervisorOptions {
  /** Pid files go here; a later launcher ends what is remembered in them. */
  readonly runDir: string;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface SupervisedChild {
  readonly name: string;
  readonly logFile: string;
  /** null while it is being started again. */
  pid(): number | null;
  stop(): Promise<void>;
  kill(): void;
}

const firstPauseMs = 500;
const longestPauseMs = 30_000;
/** A child that has lived this long starts again at the first pause. */
const settledAfterMs = 60_000;

/** Starts it for the first time (throwing when that fails) and watches over it until it is stopped. */
export async function supervise(plan: ChildPlan, options: SupervisorOptions): Promise<SupervisedChild> {
  const pidFile = join(options.runDir, `${plan.name}.pid`);
  const stopping = new AbortController();
  let current: StartedChild | null = null;
  const start = async (signal: AbortSignal): Promise<StartedChild> => {
    const child = await plan.start(signal);
    await rememberProcess(pidFile, child.pid);
    return (current = child);
  };
  const watching = watch(
    plan,
    options,
    await start(options.signal),
    stopping.signal,
    (child) => (current = child),
    start,
  );
  return {
    name: plan.name,
    logFile: plan.logFile,
    pid: () => current?.pid ?? null,
    kill: () => current?.kill(),
    stop: async () => {
      stopping.abort();
      await current?.stop();
      await watching;
      // A start that was under way has seen the abort, or has made one more child.
      await current?.stop();
      await rm(pidFile, { force: true });
    },
  };
}

async function watch(
  { name, logFile }: ChildPlan,
  { say }: SupervisorOptions,
  first: StartedChild,
  stopping: AbortSignal,
  setCurrent: (child: StartedChild | null) => void,
  start: (signal: AbortSignal) => Promise<StartedChild>,
): Promise<void> {
  let child = first;
  let pauseMs = firstPauseMs;
  for (;;) {
    const startedAt = Date.now();
    const exit = await child.exited;
    if (stopping.aborted) return;
    setCurrent(null);
    if (Date.now() - startedAt > settledAfterMs) pauseMs = firstPauseMs;
    say(`${name} has ended (${describeExit(exit)}); starting it again in ${pauseMs / 1000} s. Its log: ${logFile}`);
    for (;;) {
      await delay(pauseMs, undefined, { signal: stopping }).catch(() => {});
      if (stopping.aborted) return;
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      try {
        child = await start(stopping);
        say(`${name} is up again (process ${child.pid})`);
        break;
      } catch (error) {
        if (stopping.aborted) return;
        say(`${name} cannot be started (${(error as Error).message}); trying again in ${pauseMs / 1000} s`);
      }
    }
  }
}

function describeExit({ code, signal, error }: DaemonExit): string {
  if (error) return error.message;
  return signal === null ? `exit code ${code}` : signal;
}
