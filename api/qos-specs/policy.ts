// Who may see and change QoS specs.
import type { PolicyTable } from '../http/policy.ts';

export const qosPolicy = {
  list: 'volume_extension:qos_specs_manage:get_all',
  show: 'volume_extension:qos_specs_manage:get',
  create: 'volume_extension:qos_specs_manage:create',
  update: 'volume_extension:qos_specs_manage:update',
  delete: 'volume_extension:qos_specs_manage:delete',
} as const satisfies PolicyTable;
