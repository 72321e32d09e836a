// Who may do what with volumes, their metadata and their encryption metadata.
// https://docs.openstack.org/cinder/latest/configuration/block-storage/policy.html
import type { PolicyTable } from '../http/policy.ts';

export const volumePolicy = {
  create: 'volume:create',
  get: 'volume:get',
  list: 'volume:get_all',
  update: 'volume:update',
  delete: 'volume:delete',
  forceDelete: 'volume:force_delete',
  getEncryption: 'volume_extension:volume_encryption_metadata',
  getMetadata: 'volume:get_volume_metadata',
  createMetadata: 'volume:create_volume_metadata',
  updateMetadata: 'volume:update_volume_metadata',
  deleteMetadata: 'volume:delete_volume_metadata',
  showTenant: 'volume_extension:volume_tenant_attribute',
  showHost: 'volume_extension:volume_host_attribute',
  showMigration: 'volume_extension:volume_mig_status_attribute',
  manage: 'volume_extension:volume_manage',
  listManageable: 'volume_extension:list_manageable',
  multiattach: 'volume:multiattach',
} as const satisfies PolicyTable;
