// Who may do what with groups.
import type { PolicyTable } from '../http/policy.ts';

export const groupPolicy = {
  list: 'group:get_all',
  create: 'group:create',
  get: 'group:get',
  update: 'group:update',
  delete: 'group:delete',
  resetStatus: 'group:reset_status',
  showProject: 'group:group_project_attribute',
  enableReplication: 'group:enable_replication',
  disableReplication: 'group:disable_replication',
  failoverReplication: 'group:failover_replication',
  listReplicationTargets: 'group:list_replication_targets',
} as const satisfies PolicyTable;
