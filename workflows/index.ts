// The workflows that a control worker runs, by the names under which Temporal knows them.
export { backupCreate } from './backup-create.ts';
export { backupDelete } from './backup-delete.ts';
export { backupRestore } from './backup-restore.ts';
export { connectionInitialize } from './connection-initialize.ts';
export { connectionTerminate } from './connection-terminate.ts';
export { snapshotCreate } from './snapshot-create.ts';
export { snapshotDelete } from './snapshot-delete.ts';
export { volumeAttach } from './volume-attach.ts';
export { volumeCleanup } from './volume-cleanup.ts';
export { volumeCreate } from './volume-create.ts';
export { volumeDelete } from './volume-delete.ts';
export { volumeDetach } from './volume-detach.ts';
export { volumeExtend } from './volume-extend.ts';
