// What a row of the status table says of an operation and of each resource that it claims, and the rows' common shapes.
import type { ResourceType, StatusAfter, StatusBefore, StatusOf } from './statuses.ts';

interface ClaimRuleOf<Resource extends ResourceType> {
  readonly resource: Resource;
  /** Statuses from which it may be claimed. */
  readonly from: readonly StatusBefore<Resource>[];
  readonly during: StatusOf<Resource>;
  readonly done: StatusAfter<Resource>;
  /** Shown while the operation is paused, so that clients stop waiting. */
  readonly paused: StatusAfter<Resource>;
  /** True when a pause lets others use the resource; a retry then has to claim it anew. */
  readonly givenBackWhilePaused: boolean;
  /** After a user's error: unwound, over. */
  readonly failed: StatusAfter<Resource>;
  /** After an abort that came before the point of no return. */
  readonly aborted: StatusAfter<Resource>;
  /** After an abort that came later; null where there is no such point. */
  readonly abortedTooLate: StatusAfter<Resource> | null;
}

/** One resource of an operation, with the statuses that this kind of resource has and no others. */
export type ClaimRule = { [Resource in ResourceType]: ClaimRuleOf<Resource> }[ResourceType];

/** True when a resource in this status, or one that is being inserted (`new`), may be claimed. */
export const mayComeFrom = ({ from }: ClaimRule, status: string): boolean =>
  (from as readonly string[]).includes(status);

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
export const made = <Resource extends ResourceType>(resource: Resource) =>
  ({
    ...kept,
    resource,
    from: ['new'],
    during: 'creating',
    done: 'available',
    paused: 'error',
    failed: 'error',
    aborted: 'error',
  }) as const;

/** A resource that the operation removes. */
export const removed = <Resource extends ResourceType>(resource: Resource, from: readonly StatusOf<Resource>[]) =>
  ({
    ...kept,
    resource,
    from,
    during: 'deleting',
    done: 'deleted',
    paused: 'error_deleting',
    failed: 'error_deleting',
    aborted: 'previous',
    abortedTooLate: 'error_deleting',
  }) as const;

/** A resource that a backup reads: free again while the backup is paused. */
export const backedUp = <Resource extends 'volume' | 'snapshot'>(
  resource: Resource,
  from: readonly StatusOf<Resource>[],
) =>
  ({
    resource,
    from,
    during: 'backing-up',
    done: 'previous',
    paused: 'previous',
    givenBackWhilePaused: true,
    failed: 'previous',
    aborted: 'previous',
    abortedTooLate: null,
  }) as const;
