// Who may do what with backups.
// https://docs.openstack.org/cinder/latest/configuration/block-storage/policy.html
import type { PolicyTable } from '../http/policy.ts';

export const backupPolicy = {
  create: 'backup:create',
  get: 'backup:get',
  list: 'backup:get_all',
  update: 'backup:update',
  delete: 'backup:delete',
  restore: 'backup:restore',
  export: 'backup:export-import',
  import: 'backup:backup-import',
  resetStatus: 'volume_extension:backup_admin_actions:reset_status',
  forceDelete: 'volume_extension:backup_admin_actions:force_delete',
  showProject: 'backup:backup_project_attribute',
} as const satisfies PolicyTable;
