// The status table: every operation, the resources that it claims, and the status each of them has on the way.
// Nothing else in Scoria decides a status (docs/decisions/0001-one-door.md). Statuses are Cinder's own.

import { backedUp, kept, made, removed, type OperationRule } from './operation-rules.ts';
import { groupOperations } from './operation-tables/groups.ts';
import { storageOperations } from './operation-tables/storage.ts';

export { mayComeFrom, type ClaimRule, type OperationRule } from './operation-rules.ts';
export type { ResourceType } from './statuses.ts';

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
  ...storageOperations,
  ...groupOperations,
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
