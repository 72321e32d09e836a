// What every driver call carries besides its own arguments: who asks, how to report, when to stop.

/** Bytes done so far; drivers call it often, the activity throttles it into heartbeats. */
export type ReportProgress = (bytesDone: number, bytesTotal: number) => void;

export interface StepContext {
  /** Written into the storage object where it can hold a mark; clean-up deletes only what carries it. */
  readonly operationId: string;
  /** Claim under which this call acts; a host refuses one lower than the highest it has served. */
  readonly epoch: number;
  /** Aborted when the activity is cancelled or its worker shuts down; long copies and commands stop at once. */
  readonly signal: AbortSignal;
  readonly reportProgress: ReportProgress;
  /** Bytes that an earlier attempt of this very step, under the same claim, has put on the disk for good; 0 at first. */
  readonly resumeAtBytes?: number;
  /** Says how many bytes are on the disk for good, in the order in which they are copied: the next attempt begins there. */
  readonly noteDurableBytes?: (bytesDone: number) => void;
  /** File descriptor of the resource's host lock, passed on to every child process so that an orphan keeps it. */
  readonly lockFd?: number;
}
