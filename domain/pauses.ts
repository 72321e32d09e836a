// Why an operation can be paused: each cause has its page in docs/runbooks/, which says what to do.
import type { StorageErrorCode, storageErrorTable } from './storage-errors.ts';

/** Codes that end in a pause: the operator's, and those that are tried until the attempts are used up. */
type PausingCode = {
  [Code in StorageErrorCode]: (typeof storageErrorTable)[Code] extends 'user' ? never : Code;
}[StorageErrorCode];

/** Causes that no driver raises. */
type FrameCause = 'WorkerSilent' | 'ResourceTaken' | 'Terminated';

export type PauseCause = PausingCode | FrameCause;

interface PauseRow {
  /** Name of the page in docs/runbooks/, without `.md`. */
  readonly page: string;
  readonly title: string;
}

export const pauseTable = {
  InsufficientSpace: { page: 'insufficient-space', title: 'The back-end or the backup store is full' },
  Busy: { page: 'busy', title: 'Something was in use each time it was tried' },
  CommandTimeout: { page: 'command-timeout', title: 'A command did not answer in time' },
  Unreachable: { page: 'unreachable', title: 'A server or host could not be reached' },
  Internal: { page: 'internal', title: 'An error that nobody foresaw' },
  CommandMissing: { page: 'command-missing', title: 'A program is not installed on the host' },
  CommandFailed: { page: 'command-failed', title: 'A command ended with an error' },
  UnexpectedOutput: { page: 'unexpected-output', title: 'A program said something that is not understood' },
  PermissionDenied: { page: 'permission-denied', title: 'The worker may not do this' },
  NotOurs: { page: 'not-ours', title: 'Something of someone else is in the way' },
  Missing: { page: 'missing', title: 'Something that has to be there is gone' },
  Misconfigured: { page: 'misconfigured', title: 'An option that the driver cannot use' },
  BackendPaused: { page: 'backend-paused', title: 'Its back-end is paused' },
  WorkerSilent: { page: 'worker-silent', title: 'The worker gave no sign of life within a step' },
  ResourceTaken: { page: 'resource-taken', title: "A resource is not the operation's to take" },
  Terminated: { page: 'terminated', title: 'The workflow was ended from outside' },
} as const satisfies Record<PauseCause, PauseRow>;

/** Path of the page that says what to do; the general one for a cause that this version does not know. */
export function runbookOf(cause: string | null): string {
  const page = cause !== null && Object.hasOwn(pauseTable, cause) ? pauseTable[cause as PauseCause].page : null;
  return `docs/runbooks/${page ?? 'paused-operation'}.md`;
}

/** The cause that a step's code stands for. */
export function pauseCauseOf(code: StorageErrorCode | null): PauseCause {
  return code !== null && Object.hasOwn(pauseTable, code) ? (code as PauseCause) : 'Internal';
}
