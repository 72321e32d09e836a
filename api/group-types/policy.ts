// Who may see and change group types.
import type { PolicyTable } from '../http/policy.ts';

export const groupTypePolicy = {
  list: 'group_types',
  /** Whether types show them. */
  showSpecs: 'group:access_group_types_specs',
  create: 'group:group_types:create',
  update: 'group:group_types:update',
  delete: 'group:group_types:delete',
  listSpecs: 'group:group_types_specs:get_all',
  showSpec: 'group:group_types_specs:get',
  createSpecs: 'group:group_types_specs:create',
  updateSpec: 'group:group_types_specs:update',
  deleteSpec: 'group:group_types_specs:delete',
} as const satisfies PolicyTable;
