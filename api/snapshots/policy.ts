// Who may do what with snapshots.
// https://docs.openstack.org/cinder/latest/configuration/block-storage/policy.html
import type { PolicyTable } from '../http/policy.ts';

export const snapshotPolicy = {
  create: { name: 'volume:create_snapshot', allow: 'owner' },
  get: { name: 'volume:get_snapshot', allow: 'owner' },
  list: { name: 'volume:get_all_snapshots', allow: 'owner' },
  update: { name: 'volume:update_snapshot', allow: 'owner' },
  delete: { name: 'volume:delete_snapshot', allow: 'owner' },
  getMetadata: { name: 'volume:get_snapshot_metadata', allow: 'owner' },
  updateMetadata: { name: 'volume:update_snapshot_metadata', allow: 'owner' },
  deleteMetadata: { name: 'volume:delete_snapshot_metadata', allow: 'owner' },
  resetStatus: { name: 'volume_extension:snapshot_admin_actions:reset_status', allow: 'admin' },
  forceDelete: { name: 'volume_extension:snapshot_admin_actions:force_delete', allow: 'admin' },
  updateStatus: { name: 'snapshot_extension:snapshot_actions:update_snapshot_status', allow: 'owner' },
} as const satisfies PolicyTable;
