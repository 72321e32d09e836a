// What the volume, backup and compute roles share: a worker on one host's own queue, and its reports to the API.
import { Worker, type ActivityInterceptorsFactory, type NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { HostServices } from '../../activities/host-services.ts';
import { withFailures } from '../../activities/failures.ts';
import type { BackendPause } from '../../domain/backend-pause.ts';
import type { WithHostLock } from '../../activities/host-step.ts';
import { runWorker, type RunningWorker } from './run-worker.ts';

export interface HostRoleDeps {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly services: HostServices & HostReporting;
  readonly withHostLock: WithHostLock;
  readonly log: Logger;
  /** Cinder's `host`. */
  readonly host: string;
  readonly availabilityZone: string;
  readonly reportIntervalMs: number;
  /** Wrapped around every step; tests count, repeat and break steps with it. */
  readonly interceptors?: readonly ActivityInterceptorsFactory[];
}

/** One report: that this service lives, and what it has to offer. */
export interface HostReport {
  readonly binary: 'cinder-volume' | 'cinder-backup' | 'nova-compute';
  readonly host: string;
  readonly availabilityZone: string;
  readonly pools?: readonly object[];
  readonly servers?: readonly object[];
  /** `pausedAt` of the pause that a volume worker keeps. */
  readonly obeys?: string | null;
}

/** What an operator wants of a host's service. */
export interface HostWishes {
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | null;
  /** The pause of a volume service's back-end; left out by an API of the release before. */
  readonly pause?: BackendPause | null;
}

export interface HostReporting {
  report(report: HostReport): Promise<HostWishes>;
}

/** Starts the worker of one host queue. One or two pollers are enough, so that a thousand hosts are cheap. */
export async function startHostWorker(
  deps: HostRoleDeps,
  taskQueue: string,
  activities: object,
  concurrency: number,
): Promise<RunningWorker> {
  const worker = await Worker.create({
    connection: deps.connection,
    namespace: deps.namespace,
    taskQueue,
    activities: withFailures(activities),
    interceptors: { activity: [...(deps.interceptors ?? [])] },
    maxConcurrentActivityTaskExecutions: concurrency,
    maxConcurrentActivityTaskPolls: 2,
    // A worker told to stop gives its steps this long to notice; the next one takes them up from their checkpoint.
    shutdownGraceTime: '10 s',
    defaultHeartbeatThrottleInterval: '1 s',
    maxHeartbeatThrottleInterval: '5 s',
  });
  return runWorker(worker);
}

/**
 * Reports at once and then every interval, until stopped; a report that does not get through is logged and the next
 * one tells the same. The first one is awaited, so that a started role is a known one. `onWishes` answers whether the API
 * has to hear at once what has become of them.
 */
export async function startReporting(
  deps: HostRoleDeps,
  makeReport: () => Promise<HostReport>,
  onWishes: (wishes: HostWishes) => boolean = () => false,
): Promise<{ stop(): void }> {
  const reportOnce = async (): Promise<void> => {
    try {
      const wishes = await deps.services.report(await makeReport());
      if (wishes.logLevel !== null) deps.log.level = wishes.logLevel;
      if (onWishes(wishes)) await deps.services.report(await makeReport());
    } catch (error) {
      deps.log.warn({ err: error }, 'could not report to the API; trying again at the next interval');
    }
  };
  await reportOnce();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    void reportOnce().finally(() => (busy = false));
  }, deps.reportIntervalMs);
  return { stop: () => clearInterval(timer) };
}
