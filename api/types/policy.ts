// Who may see and change volume types.
import type { PolicyTable } from '../http/policy.ts';

export const typePolicy = {
  list: 'volume_extension:type_get_all',
  show: 'volume_extension:type_get',
  create: 'volume_extension:type_create',
  update: 'volume_extension:type_update',
  delete: 'volume_extension:type_delete',
  listSpecs: 'volume_extension:types_extra_specs:index',
  showSpec: 'volume_extension:types_extra_specs:show',
  createSpecs: 'volume_extension:types_extra_specs:create',
  updateSpec: 'volume_extension:types_extra_specs:update',
  deleteSpec: 'volume_extension:types_extra_specs:delete',
  listAccess: 'volume_extension:volume_type_access:get_all_for_type',
  addAccess: 'volume_extension:volume_type_access:addProjectAccess',
  removeAccess: 'volume_extension:volume_type_access:removeProjectAccess',
  showSpecs: 'volume_extension:access_types_extra_specs',
  showSensitiveSpecs: 'volume_extension:types_extra_specs:read_sensitive',
  showQos: 'volume_extension:access_types_qos_specs_id',
  showAccess: 'volume_extension:volume_type_access',
  createEncryption: 'volume_extension:volume_type_encryption:create',
  getEncryption: 'volume_extension:volume_type_encryption:get',
  updateEncryption: 'volume_extension:volume_type_encryption:update',
  deleteEncryption: 'volume_extension:volume_type_encryption:delete',
} as const satisfies PolicyTable;
