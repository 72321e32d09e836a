// Who may do what with backups.
// https://docs.openstack.org/cinder/latest/configuration/block-storage/policy.html
import type { PolicyTable } from '../http/policy.ts';

export const backupPolicy = {
  create: { name: 'backup:create', allow: 'owner' },
  get: { name: 'backup:get', allow: 'owner' },
  list: { name: 'backup:get_all', allow: 'owner' },
  update: { name: 'backup:update', allow: 'owner' },
  delete: { name: 'backup:delete', allow: 'owner' },
  restore: { name: 'backup:restore', allow: 'owner' },
  resetStatus: { name: 'volume_extension:backup_admin_actions:reset_status', allow: 'admin' },
  forceDelete: { name: 'volume_extension:backup_admin_actions:force_delete', allow: 'admin' },
} as const satisfies PolicyTable;
