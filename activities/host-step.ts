// The frame around every step on a host: lock, fence, heartbeat, progress, cancellation.
import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import { StorageError } from '../domain/storage-errors.ts';
import type { StepContext } from '../drivers/step.ts';
import type { BackendGate } from './backend-gate.ts';
import type { HostClaim, HostServices } from './host-services.ts';

/** Takes a resource's lock on this host under an epoch; privileged/host-lock.ts is the real one. */
export type WithHostLock = <T>(
  request: {
    readonly resourceId: string;
    readonly epoch: number | null;
    readonly signal: AbortSignal;
    readonly onWait?: (reason: string) => void;
  },
  work: (lockFd: number) => Promise<T>,
) => Promise<T>;

export interface HostStepDeps {
  readonly withHostLock: WithHostLock;
  readonly services: HostServices;
  /** Of a back-end that can be paused. */
  readonly gate?: Pick<BackendGate, 'mustBeOpen'>;
}

const heartbeatEveryMs = 2_000;
const progressEveryMs = 1_000;
/** A step that begins within this time of being asked for needs no question whether its claim still holds. */
const freshForMs = 2_000;

/**
 * Runs one step of `claim` on `resourceId`. The worker's liveness is heartbeaten throughout; `work` reports bytes
 * through its context. Throws StaleEpoch when the host has served a newer claim of that resource, BackendPaused when
 * the back-end has been paused before the step has begun.
 */
export async function hostStep<T>(
  deps: HostStepDeps,
  claim: HostClaim,
  resourceId: string,
  work: (step: StepContext) => Promise<T>,
): Promise<T> {
  const overtaken = new AbortController();
  const signal = AbortSignal.any([cancellationSignal(), overtaken.signal]);
  const step = activityInfo().activityType;
  const resumeAtBytes = durableBytesOf(activityInfo().heartbeatDetails);
  let last = { bytesDone: 0, bytesTotal: 0, durableBytes: resumeAtBytes };
  let shownAt = Date.now();
  const tell = (bytesDone: number, bytesTotal: number): Promise<void> => {
    // Progress is a courtesy: a host that cannot reach the API for it goes on working. One that is told that its claim
    // is void (an administrator has set the status by force, say) stops.
    return deps.services.reportProgress(claim, { step, bytesDone, bytesTotal }).catch((error: unknown) => {
      if (error instanceof StorageError && error.code === 'StaleEpoch') overtaken.abort(error);
    });
  };
  const beat = setInterval(() => {
    heartbeat(last);
    void tell(last.bytesDone, last.bytesTotal);
  }, heartbeatEveryMs);
  const reportProgress = (bytesDone: number, bytesTotal: number): void => {
    last = { ...last, bytesDone, bytesTotal };
    if (Date.now() - shownAt < progressEveryMs) return;
    shownAt = Date.now();
    heartbeat(last);
    void tell(bytesDone, bytesTotal);
  };
  // Told at once: an attempt that dies within the next seconds has not copied for nothing.
  const noteDurableBytes = (durableBytes: number): void => {
    last = { ...last, durableBytes };
    heartbeat(last);
  };
  try {
    const epoch = Number(claim.epoch);
    // Whoever looks at the pending step sees what it waits for, and which process to continue or to end.
    const onWait = (waiting: string): void => heartbeat({ ...last, waiting });
    return await deps.withHostLock({ resourceId, epoch, signal, onWait }, async (lockFd) => {
      await deps.gate?.mustBeOpen();
      // What has waited in a queue, for a lock, or in a stopped process may be void by now.
      if (Date.now() - activityInfo().currentAttemptScheduledTimestampMs > freshForMs) {
        await tell(last.bytesDone, last.bytesTotal);
        signal.throwIfAborted();
      }
      const { operationId } = claim;
      return work({ operationId, epoch, signal, reportProgress, resumeAtBytes, noteDurableBytes, lockFd });
    });
  } catch (error) {
    throw overtaken.signal.aborted ? overtaken.signal.reason : error;
  } finally {
    clearInterval(beat);
  }
}

/** What an earlier attempt of this step said last; Temporal hands it on. */
function durableBytesOf(details: unknown): number {
  const { durableBytes } = (details ?? {}) as { readonly durableBytes?: unknown };
  return typeof durableBytes === 'number' ? durableBytes : 0;
}
