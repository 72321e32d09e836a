// What a step's error means for the operation: whose turn it is now, and in which words.
import { ActivityFailure, ApplicationFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';
import { pauseCauseOf, type PauseCause } from '../../domain/pauses.ts';
import {
  isStorageErrorCode,
  storageErrorTable,
  type ErrorKind,
  type StorageErrorCode,
} from '../../domain/storage-errors.ts';

export interface StepFailure {
  readonly kind: ErrorKind | 'cancelled' | 'overtaken';
  readonly code: StorageErrorCode | null;
  /** What it is called when the operation pauses for it. */
  readonly cause: PauseCause;
  readonly message: string;
  /** The activity that failed; null when it was none. */
  readonly step: string | null;
}

/** Reads what a run ended with: a step's error, or a bug of the workflow's own. */
export function readFailure(error: unknown): StepFailure {
  const step = error instanceof ActivityFailure ? error.activityType : null;
  if (isCancellation(error)) return { kind: 'cancelled', code: null, cause: 'Internal', message: 'cancelled', step };
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) return { ...readApplicationFailure(cause), step };
  if (cause instanceof TimeoutFailure) {
    return {
      kind: 'operator',
      code: 'CommandTimeout',
      cause: 'WorkerSilent',
      step,
      message: `no sign of life from the worker (${cause.timeoutType})`,
    };
  }
  // A bug of ours: the operation waits, visibly, for the version that mends it.
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'operator', code: 'Internal', cause: 'Internal', message, step };
}

function readApplicationFailure({ type, message }: ApplicationFailure): Omit<StepFailure, 'step'> {
  const code = isStorageErrorCode(type) ? type : null;
  const cause = pauseCauseOf(code);
  if (code === 'StaleEpoch') return { kind: 'overtaken', code, cause, message };
  const kind = code === null ? 'passing' : storageErrorTable[code];
  return { kind, code, cause, message };
}

/** True when no worker ever began the step: the one case in which it may be moved freely. */
export function neverStarted(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof TimeoutFailure &&
    error.cause.timeoutType === 'SCHEDULE_TO_START'
  );
}

/** True when a worker began the step and is not heard of any more: it has died, or it hangs. */
export function fellSilent(error: unknown): boolean {
  return (
    error instanceof ActivityFailure && error.cause instanceof TimeoutFailure && error.cause.timeoutType === 'HEARTBEAT'
  );
}
