// The status table's rows of groups and group snapshots: the group and all of its members are claimed together.
import { made, removed, type OperationRule } from '../operation-rules.ts';

const deletableMembers = ['available', 'error', 'error_restoring', 'error_extending', 'error_managing'] as const;

export const groupOperations = {
  /** 3.13. https://docs.openstack.org/api-ref/block-storage/v3/#generic-volume-groups */
  groupCreate: {
    title: 'create group',
    resource: 'group',
    synchronous: false,
    pointOfNoReturn: null,
    claims: [made('group')],
  },
  /** 3.14: a group like another one, with copies of its volumes or of its snapshots. */
  groupCreateFromSource: {
    title: 'create group from source',
    resource: 'group',
    synchronous: false,
    pointOfNoReturn: null,
    claims: [made('group'), made('volume')],
  },
  groupDelete: {
    title: 'delete group',
    resource: 'group',
    synchronous: false,
    pointOfNoReturn: 'erase',
    claims: [removed('group', ['available', 'error']), removed('volume', deletableMembers)],
  },
  /** 3.14 */
  groupSnapshotCreate: {
    title: 'create group snapshot',
    resource: 'groupSnapshot',
    synchronous: false,
    pointOfNoReturn: null,
    claims: [made('groupSnapshot'), made('snapshot')],
  },
  groupSnapshotDelete: {
    title: 'delete group snapshot',
    resource: 'groupSnapshot',
    synchronous: false,
    pointOfNoReturn: 'remove',
    claims: [removed('groupSnapshot', ['available', 'error']), removed('snapshot', ['available', 'error'])],
  },
} as const satisfies Record<string, OperationRule>;
