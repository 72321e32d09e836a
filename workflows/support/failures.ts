// What a step's error means for the operation: whose turn it is now, and in which words.
import { ActivityFailure, ApplicationFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';
import {
  isStorageErrorCode,
  storageErrorTable,
  type ErrorKind,
  type StorageErrorCode,
} from '../../domain/storage-errors.ts';

export interface StepFailure {
  readonly kind: ErrorKind | 'cancelled' | 'overtaken';
  readonly code: StorageErrorCode | null;
  readonly message: string;
}

/** Reads what a run ended with: a step's error, or a bug of the workflow's own. */
export function readFailure(error: unknown): StepFailure {
  if (isCancellation(error)) return { kind: 'cancelled', code: null, message: 'cancelled' };
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) return readApplicationFailure(cause);
  if (cause instanceof TimeoutFailure) {
    return {
      kind: 'operator',
      code: 'CommandTimeout',
      message: `no sign of life from the worker (${cause.timeoutType})`,
    };
  }
  // A bug of ours: the operation waits, visibly, for the version that mends it.
  return { kind: 'operator', code: 'Internal', message: error instanceof Error ? error.message : String(error) };
}

function readApplicationFailure(cause: ApplicationFailure): StepFailure {
  const code = isStorageErrorCode(cause.type) ? cause.type : null;
  if (code === 'StaleEpoch') return { kind: 'overtaken', code, message: cause.message };
  const kind = code === null ? 'passing' : storageErrorTable[code];
  return { kind, code, message: cause.message };
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
