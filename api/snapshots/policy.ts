// Who may do what with snapshots.
// https://docs.openstack.org/cinder/latest/configuration/block-storage/policy.html
import type { PolicyTable } from '../http/policy.ts';

export const snapshotPolicy = {
  create: 'volume:create_snapshot',
  get: 'volume:get_snapshot',
  list: 'volume:get_all_snapshots',
  update: 'volume:update_snapshot',
  delete: 'volume:delete_snapshot',
  getMetadata: 'volume:get_snapshot_metadata',
  updateMetadata: 'volume:update_snapshot_metadata',
  deleteMetadata: 'volume:delete_snapshot_metadata',
  resetStatus: 'volume_extension:snapshot_admin_actions:reset_status',
  forceDelete: 'volume_extension:snapshot_admin_actions:force_delete',
  updateStatus: 'snapshot_extension:snapshot_actions:update_snapshot_status',
  showExtended: 'volume_extension:extended_snapshot_attributes',
  manage: 'snapshot_extension:snapshot_manage',
  unmanage: 'snapshot_extension:snapshot_unmanage',
  listManageable: 'snapshot_extension:list_manageable',
} as const satisfies PolicyTable;
