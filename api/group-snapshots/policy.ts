// Who may do what with group snapshots.
import type { PolicyTable } from '../http/policy.ts';

export const groupSnapshotPolicy = {
  list: 'group:get_all_group_snapshots',
  create: 'group:create_group_snapshot',
  get: 'group:get_group_snapshot',
  delete: 'group:delete_group_snapshot',
  resetStatus: 'group:reset_group_snapshot_status',
  showProject: 'group:group_snapshot_project_attribute',
} as const satisfies PolicyTable;
