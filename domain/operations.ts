// The status table: every operation, the resources that it claims, and the status each of them has on the way.
// Nothing else in Scoria decides a status (docs/decisions/0001-one-door.md). Statuses are Cinder's own.

export type ResourceType = 'volume' | 'snapshot' | 'backup' | 'attachment';

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

const kept = { givenBackWhilePaused: false, abortedTooLate: null } as const;

/** A resource that the operation itself makes: in `error` when that did not work, until someone deletes it. */
const made = (resource: ResourceType): ClaimRule => ({
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
const removed = (resource: ResourceType, from: readonly string[]): ClaimRule => ({
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
const backedUp = (resource: ResourceType, from: readonly string[]): ClaimRule => ({
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

export const operationTable = {
  volumeCreate: {
    title: 'create volume',
    resource: 'volume',
    synchronous: false,
    pointOfNoReturn: null,
    claims: [made('volume')],
  },
  volumeDelete: {
    title: 'delete volume',
    resource: 'volume',
    synchronous: false,
    pointOfNoReturn: 'erase',
    claims: [
      // https://docs.openstack.org/api-ref/block-storage/v3/#delete-a-volume
      removed('volume', ['available', 'error', 'error_restoring', 'error_extending', 'error_managing']),
      // With `cascade`: its snapshots go first.
      removed('snapshot', ['available', 'error']),
    ],
  },
  volumeExtend: {
    title: 'extend volume',
    resource: 'volume',
    synchronous: false,
    pointOfNoReturn: 'grow',
    claims: [
      {
        ...kept,
        resource: 'volume',
        from: ['available', 'in-use'],
        during: 'extending',
        done: 'previous',
        paused: 'error_extending',
        // A user's error here is a pool without room, found before anything grew.
        failed: 'previous',
        aborted: 'previous',
        abortedTooLate: 'error_extending',
      },
    ],
  },
  snapshotCreate: {
    title: 'create snapshot',
    resource: 'snapshot',
    synchronous: false,
    pointOfNoReturn: null,
    claims: [made('snapshot')],
  },
  snapshotDelete: {
    title: 'delete snapshot',
    resource: 'snapshot',
    synchronous: false,
    pointOfNoReturn: 'remove',
    claims: [removed('snapshot', ['available', 'error'])],
  },
  /** os-initialize_connection and an attachment's update: exports the volume and answers where to connect. */
  connectionInitialize: {
    title: 'initialize connection',
    resource: 'volume',
    synchronous: true,
    pointOfNoReturn: null,
    claims: [],
  },
  /** os-terminate_connection, os-detach and an attachment's delete: takes the export away when nobody else uses it. */
  connectionTerminate: {
    title: 'terminate connection',
    resource: 'volume',
    synchronous: true,
    pointOfNoReturn: null,
    claims: [],
  },
  volumeAttach: {
    title: 'attach volume to server',
    resource: 'volume',
    synchronous: false,
    pointOfNoReturn: null,
    claims: [
      {
        ...kept,
        resource: 'volume',
        from: ['available', 'in-use'],
        during: 'attaching',
        done: 'in-use',
        paused: 'error_attaching',
        failed: 'previous',
        aborted: 'previous',
      },
      {
        ...kept,
        resource: 'attachment',
        from: ['new'],
        during: 'attaching',
        done: 'attached',
        paused: 'error_attaching',
        failed: 'deleted',
        aborted: 'deleted',
      },
    ],
  },
  volumeDetach: {
    title: 'detach volume from server',
    resource: 'volume',
    synchronous: false,
    pointOfNoReturn: null,
    claims: [
      {
        ...kept,
        resource: 'volume',
        from: ['in-use', 'detaching', 'error_detaching'],
        during: 'detaching',
        done: 'available',
        paused: 'error_detaching',
        failed: 'in-use',
        aborted: 'in-use',
      },
      {
        ...kept,
        resource: 'attachment',
        from: ['attached', 'error_detaching'],
        during: 'detaching',
        done: 'deleted',
        paused: 'error_detaching',
        failed: 'attached',
        aborted: 'attached',
      },
    ],
  },
  backupCreate: {
    title: 'create backup',
    resource: 'backup',
    synchronous: false,
    pointOfNoReturn: null,
    claims: [made('backup'), backedUp('volume', ['available', 'in-use']), backedUp('snapshot', ['available'])],
  },
  backupDelete: {
    title: 'delete backup',
    resource: 'backup',
    synchronous: false,
    pointOfNoReturn: 'remove',
    claims: [removed('backup', ['available', 'error'])],
  },
  backupRestore: {
    title: 'restore backup',
    resource: 'backup',
    synchronous: false,
    pointOfNoReturn: 'restore',
    claims: [
      {
        resource: 'backup',
        from: ['available'],
        during: 'restoring',
        done: 'available',
        paused: 'available',
        givenBackWhilePaused: true,
        failed: 'available',
        aborted: 'available',
        abortedTooLate: 'available',
      },
      {
        ...kept,
        resource: 'volume',
        from: ['new', 'available'],
        during: 'restoring-backup',
        done: 'available',
        paused: 'error_restoring',
        failed: 'error_restoring',
        aborted: 'previous',
        abortedTooLate: 'error_restoring',
      },
    ],
  },
} as const satisfies Record<string, OperationRule>;

export type OperationKind = keyof typeof operationTable;

export type OperationState = 'accepted' | 'running' | 'paused' | 'succeeded' | 'failed' | 'aborted';

/** States in which an operation will never act again. */
export const finishedStates: readonly OperationState[] = ['succeeded', 'failed', 'aborted'];

/** An operation's row of the table, typed alike for every kind. */
export function ruleOf(kind: OperationKind): OperationRule {
  return operationTable[kind];
}

/** The one workflow id an operation ever has; starting it twice is therefore harmless. */
export function workflowIdOf(operation: { kind: string; resourceId: string; id: string }): string {
  return `${operation.kind}/${operation.resourceId}/${operation.id}`;
}
