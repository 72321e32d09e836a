// The status table's rows of what administrators and images do with storage: revert, manage, move, image, import.
import { backedUp, kept, made, type OperationRule } from '../operation-rules.ts';
import type { StatusOf } from '../statuses.ts';

/** A resource that is another's from now on; its bytes stay where they are. */
const letGo = <Resource extends 'volume' | 'snapshot'>(resource: Resource, from: readonly StatusOf<Resource>[]) =>
  ({
    ...kept,
    resource,
    from,
    during: 'unmanaging',
    done: 'deleted',
    paused: 'error',
    failed: 'previous',
    aborted: 'previous',
  }) as const;

/** A volume that an operation works on and gives back as it was; whoever aborts too late gets the new state. */
const borrowed = (from: readonly StatusOf<'volume'>[], during: StatusOf<'volume'>) =>
  ({
    ...kept,
    resource: 'volume',
    from,
    during,
    done: 'previous',
    paused: 'error',
    failed: 'previous',
    aborted: 'previous',
    abortedTooLate: 'previous',
  }) as const;

export const storageOperations = {
  /** 3.40. https://docs.openstack.org/api-ref/block-storage/v3/#revert-volume-to-snapshot */
  volumeRevert: {
    title: 'revert volume to snapshot',
    resource: 'volume',
    synchronous: false,
    pointOfNoReturn: 'overwrite',
    claims: [
      {
        ...kept,
        resource: 'volume',
        from: ['available'],
        during: 'reverting',
        done: 'available',
        paused: 'error',
        failed: 'previous',
        aborted: 'previous',
        abortedTooLate: 'error',
      },
      {
        ...kept,
        resource: 'snapshot',
        from: ['available'],
        during: 'restoring',
        done: 'available',
        // Its own bytes are never in doubt.
        paused: 'available',
        failed: 'available',
        aborted: 'available',
      },
    ],
  },
  volumeManage: {
    title: 'manage volume',
    resource: 'volume',
    synchronous: false,
    pointOfNoReturn: null,
    claims: [
      {
        ...made('volume'),
        during: 'managing',
        paused: 'error_managing',
        failed: 'error_managing',
        aborted: 'error_managing',
      },
    ],
  },
  volumeUnmanage: {
    title: 'unmanage volume',
    resource: 'volume',
    synchronous: false,
    pointOfNoReturn: null,
    claims: [letGo('volume', ['available', 'error', 'error_restoring', 'error_extending', 'error_managing'])],
  },
  snapshotManage: {
    title: 'manage snapshot',
    resource: 'snapshot',
    synchronous: false,
    pointOfNoReturn: null,
    claims: [made('snapshot')],
  },
  snapshotUnmanage: {
    title: 'unmanage snapshot',
    resource: 'snapshot',
    synchronous: false,
    pointOfNoReturn: null,
    claims: [letGo('snapshot', ['available', 'error'])],
  },
  /** Lists what a back-end holds; Cinder answers with the driver's own words. */
  manageableList: {
    title: 'list manageable objects',
    resource: 'volume',
    synchronous: true,
    pointOfNoReturn: null,
    claims: [],
  },
  /** A backup that another database knew: its objects are in the store already. */
  backupImport: {
    title: 'import backup record',
    resource: 'backup',
    synchronous: false,
    pointOfNoReturn: null,
    claims: [made('backup')],
  },
  /** https://docs.openstack.org/api-ref/block-storage/v3/#upload-volume-to-image */
  volumeUpload: {
    title: 'upload volume to image',
    resource: 'volume',
    synchronous: false,
    pointOfNoReturn: null,
    claims: [{ ...backedUp('volume', ['available', 'in-use']), during: 'uploading' }],
  },
  /** 3.68. https://docs.openstack.org/api-ref/block-storage/v3/#reimage-a-volume */
  volumeReimage: {
    title: 'reimage volume',
    resource: 'volume',
    synchronous: false,
    pointOfNoReturn: 'overwrite',
    claims: [
      {
        ...kept,
        resource: 'volume',
        from: ['available', 'error', 'reserved'],
        during: 'downloading',
        done: 'previous',
        paused: 'error',
        failed: 'error',
        aborted: 'previous',
        abortedTooLate: 'error',
      },
    ],
  },
  volumeMigrate: {
    title: 'migrate volume',
    resource: 'volume',
    synchronous: false,
    pointOfNoReturn: 'switch',
    claims: [borrowed(['available'], 'maintenance')],
  },
  volumeRetype: {
    title: 'retype volume',
    resource: 'volume',
    synchronous: false,
    pointOfNoReturn: 'switch',
    claims: [borrowed(['available', 'in-use'], 'retyping')],
  },
} as const satisfies Record<string, OperationRule>;
