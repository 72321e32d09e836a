// Who may see and change volume types.
import type { PolicyTable } from '../http/policy.ts';

export const typePolicy = {
  list: { name: 'volume_extension:type_get_all', allow: 'everyone' },
  show: { name: 'volume_extension:type_get', allow: 'everyone' },
  create: { name: 'volume_extension:type_create', allow: 'admin' },
  update: { name: 'volume_extension:type_update', allow: 'admin' },
  delete: { name: 'volume_extension:type_delete', allow: 'admin' },
  listSpecs: { name: 'volume_extension:types_extra_specs:index', allow: 'everyone' },
  showSpec: { name: 'volume_extension:types_extra_specs:show', allow: 'everyone' },
  createSpecs: { name: 'volume_extension:types_extra_specs:create', allow: 'admin' },
  updateSpec: { name: 'volume_extension:types_extra_specs:update', allow: 'admin' },
  deleteSpec: { name: 'volume_extension:types_extra_specs:delete', allow: 'admin' },
  listAccess: { name: 'volume_extension:volume_type_access:get_all_for_type', allow: 'admin' },
  addAccess: { name: 'volume_extension:volume_type_access:addProjectAccess', allow: 'admin' },
  removeAccess: { name: 'volume_extension:volume_type_access:removeProjectAccess', allow: 'admin' },
} as const satisfies PolicyTable;
