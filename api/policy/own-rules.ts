// Policies that Cinder has no name for: its requests that ask none, operations, and the subset of Nova's API.
import type { RuleRow } from './cinder-rules.ts';

const reader = 'rule:xena_system_admin_or_project_reader';
const member = 'rule:xena_system_admin_or_project_member';
const admin = 'rule:admin_api';

export const ownRules = {
  // Any token will do in Cinder, whatever its roles.
  versions: ['@'],
  limits: ['@'],
  extensions: ['@'],
  resource_filters: ['@'],
  group_types: ['@'],
  // The handlers ask Cinder's own, for the project that the path names.
  default_types: ['@'],
  'volume:availability_zone_list': ['@'],
  'volume:attachment_get': ['@'],
  'volume:attachment_get_all': ['@'],

  'operation:get_all': [reader],
  'operation:get': [reader],
  'operation:order': [admin],
  'operation:order_many': [admin],
  'backend:get_all': [admin],
  'backend:pause': [admin],
  'backend:release': [admin],
  'state_reset:create': [admin],
  'audit:get_all': [admin],
  'audit:create': [admin],

  // https://docs.openstack.org/nova/latest/configuration/policy.html
  'os_compute_api:servers:index': [reader],
  'os_compute_api:servers:show': [reader],
  'os_compute_api:os-volumes-attachments:index': [reader],
  'os_compute_api:os-volumes-attachments:show': [reader],
  'os_compute_api:os-volumes-attachments:create': [member],
  'os_compute_api:os-volumes-attachments:delete': [member],
  'os_compute_api:os-flavor-access': ['@'],
} as const satisfies Readonly<Record<string, RuleRow>>;
