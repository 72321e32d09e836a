// Every status that a row may have, by resource, and the words for what becomes of it: Cinder's own (cinder.objects.fields).

export type ResourceType = 'volume' | 'snapshot' | 'backup' | 'attachment' | 'group' | 'groupSnapshot';

type MadeAndRemoved = 'creating' | 'available' | 'error' | 'deleting' | 'error_deleting';

interface StatusesOf {
  volume:
    | MadeAndRemoved
    | 'attaching'
    | 'awaiting-transfer'
    | 'backing-up'
    | 'detaching'
    | 'downloading'
    | 'error_attaching'
    | 'error_detaching'
    | 'error_extending'
    | 'error_managing'
    | 'error_restoring'
    | 'extending'
    | 'in-use'
    | 'maintenance'
    | 'managing'
    | 'reserved'
    | 'restoring-backup'
    | 'retyping'
    | 'reverting'
    | 'unmanaging'
    | 'uploading';
  snapshot: MadeAndRemoved | 'backing-up' | 'restoring' | 'unmanaging';
  backup: MadeAndRemoved | 'restoring';
  attachment: 'attached' | 'attaching' | 'detached' | 'detaching' | 'error_attaching' | 'error_detaching' | 'reserved';
  group: MadeAndRemoved | 'in-use' | 'updating';
  groupSnapshot: MadeAndRemoved | 'updating';
}

export type StatusOf<Resource extends ResourceType> = StatusesOf[Resource];

/** Where a resource may come from: a status, or `new` when the operation itself inserts the row. */
export type StatusBefore<Resource extends ResourceType> = StatusOf<Resource> | 'new';

/** A status, or `previous`: the one it had when it was claimed; or `deleted`: the row is soft-deleted. */
export type StatusAfter<Resource extends ResourceType> = StatusOf<Resource> | 'previous' | 'deleted';
