// Who may do what with servers and the volumes attached to them, under Nova's names.
// https://docs.openstack.org/nova/latest/configuration/policy.html
import type { PolicyTable } from '../http/policy.ts';

export const serverPolicy = {
  list: { name: 'os_compute_api:servers:index', allow: 'owner' },
  get: { name: 'os_compute_api:servers:show', allow: 'owner' },
  listAttachments: { name: 'os_compute_api:os-volumes-attachments:index', allow: 'owner' },
  getAttachment: { name: 'os_compute_api:os-volumes-attachments:show', allow: 'owner' },
  attach: { name: 'os_compute_api:os-volumes-attachments:create', allow: 'owner' },
  detach: { name: 'os_compute_api:os-volumes-attachments:delete', allow: 'owner' },
  flavors: { name: 'os_compute_api:os-flavor-access', allow: 'everyone' },
} as const satisfies PolicyTable;
