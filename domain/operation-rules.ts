// What a row of the status table says of an operation and of each resource that it claims, and the rows' common shapes.

export type ResourceType = 'volume' | 'snapshot' | 'backup' | 'attachment' | 'group' | 'groupSnapshot';

/** A status, or `previous`: the one it had when it was claimed; or `deleted`: the row is soft-deleted. */
export type StatusAfter = string;

export interface ClaimRule {
  readonly resource: ResourceType;
  /** Statuses from which it may be claimed; `new` when the operation itself inserts the row. */
  readonly from: readonly string[];
  readonly during: string;
  readonly done: StatusAfter;
  /** Shown while the operation is paused, so that clients stop waiting. */
  readonly paused: StatusAfter;
  /** True when a pause lets others use the resource; a retry then has to claim it anew. */
  readonly givenBackWhilePaused: boolean;
  /** After a user's error: unwound, over. */
  readonly failed: StatusAfter;
  /** After an abort that came before the point of no return. */
  readonly aborted: StatusAfter;
  /** After an abort that came later; null where there is no such point. */
  readonly abortedTooLate: StatusAfter | null;
}

export interface OperationRule {
  /** The resource whose id names the workflow. */
  readonly resource: ResourceType;
  readonly claims: readonly ClaimRule[];
  /** The step after which the old state is gone (zeroing, a restore's first write); null where every step can be undone. */
  readonly pointOfNoReturn: string | null;
  /** True when Cinder answers the request with the driver's own result, so that the API waits. */
  readonly synchronous: boolean;
  /** A verb phrase for people: "create volume". */
  readonly title: string;
}

/** Never given back before the end, and every step can be undone. */
export const kept = { givenBackWhilePaused: false, abortedTooLate: null } as const;

/** A resource that the operation itself makes: in `error` when that did not work, until someone deletes it. */
export const made = (resource: ResourceType): ClaimRule => ({
  ...kept,
  resource,
  from: ['new'],
  during: 'creating',
  done: 'available',
  paused: 'error',
  failed: 'error',
  aborted: 'error',
});

/** A resource that the operation removes. */
export const removed = (resource: ResourceType, from: readonly string[]): ClaimRule => ({
  ...kept,
  resource,
  from,
  during: 'deleting',
  done: 'deleted',
  paused: 'error_deleting',
  failed: 'error_deleting',
  aborted: 'previous',
  abortedTooLate: 'error_deleting',
});

/** A resource that a backup reads: free again while the backup is paused. */
export const backedUp = (resource: ResourceType, from: readonly string[]): ClaimRule => ({
  resource,
  from,
  during: 'backing-up',
  done: 'previous',
  paused: 'previous',
  givenBackWhilePaused: true,
  failed: 'previous',
  aborted: 'previous',
  abortedTooLate: null,
});
