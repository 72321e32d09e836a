// What can go wrong on a host, in the three kinds that decide who acts: the user, time, or the operator.

/** user: unwind and fail; passing: try again; operator: pause and wait. */
export type ErrorKind = 'user' | 'passing' | 'operator';

/** Each code a driver or step may raise, and who has to act on it. */
export const storageErrorTable = {
  // The request cannot be met as asked.
  NoValidBackend: 'user',
  SourceTooLarge: 'user',
  ImageUnacceptable: 'user',
  BackupCorrupt: 'user',
  ContainerRefused: 'user',
  AttachRefused: 'user',
  /** A connector lacks what the target's protocol needs to know of the initiator. */
  ConnectorIncomplete: 'user',
  ManageRefused: 'user',
  /** The back-end, or the machine, cannot do this at all. */
  Unsupported: 'user',
  OverQuota: 'user',
  // The back-end is full: a create goes to the next one, everything else needs the operator.
  InsufficientSpace: 'operator',
  // Something that is likely to pass by itself.
  Busy: 'passing',
  CommandTimeout: 'passing',
  Unreachable: 'passing',
  Internal: 'passing',
  // Someone has to repair something first.
  CommandMissing: 'operator',
  CommandFailed: 'passing',
  UnexpectedOutput: 'operator',
  PermissionDenied: 'operator',
  NotOurs: 'operator',
  Missing: 'operator',
  Misconfigured: 'operator',
  /** An administrator has paused the back-end: workflows wait for its release instead of pausing themselves. */
  BackendPaused: 'operator',
  // This attempt has been overtaken by a newer claim and must not act.
  StaleEpoch: 'user',
} as const satisfies Record<string, ErrorKind>;

export type StorageErrorCode = keyof typeof storageErrorTable;

/** True for a code of the table: the failure was raised by a step, not by a bug. */
export function isStorageErrorCode(text: string | null | undefined): text is StorageErrorCode {
  return typeof text === 'string' && Object.hasOwn(storageErrorTable, text);
}

/** An error with a code from the table; `message` is for a person and never holds a secret. */
export class StorageError extends Error {
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StorageError';
    this.code = code;
  }

  get kind(): ErrorKind {
    return storageErrorTable[this.code];
  }
}
