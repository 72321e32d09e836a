// Running a Temporal worker in the background, with an end that can be awaited.
import type { Worker } from '@temporalio/worker';

export interface RunningWorker {
  /** Rejects when the worker fails; resolves when it has been stopped. */
  readonly ended: Promise<void>;
  /** Takes no new work, lets running activities notice, and ends. Stopped already is success. */
  stop(): Promise<void>;
}

/** Starts polling at once. */
export function runWorker(worker: Worker): RunningWorker {
  const ended = worker.run();
  ended.catch(() => undefined);
  return {
    ended,
    async stop() {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await ended.catch(() => undefined);
    },
  };
}
