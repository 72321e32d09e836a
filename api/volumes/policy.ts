// Who may do what with volumes, their metadata and their encryption metadata.
// https://docs.openstack.org/cinder/latest/configuration/block-storage/policy.html
import type { PolicyTable } from '../http/policy.ts';

export const volumePolicy = {
  create: { name: 'volume:create', allow: 'everyone' },
  get: { name: 'volume:get', allow: 'owner' },
  list: { name: 'volume:get_all', allow: 'owner' },
  update: { name: 'volume:update', allow: 'owner' },
  delete: { name: 'volume:delete', allow: 'owner' },
  forceDelete: { name: 'volume:force_delete', allow: 'admin' },
  getEncryption: { name: 'volume_extension:volume_encryption_metadata', allow: 'owner' },
  getMetadata: { name: 'volume:get_volume_metadata', allow: 'owner' },
  createMetadata: { name: 'volume:create_volume_metadata', allow: 'owner' },
  updateMetadata: { name: 'volume:update_volume_metadata', allow: 'owner' },
  deleteMetadata: { name: 'volume:delete_volume_metadata', allow: 'owner' },
} as const satisfies PolicyTable;
