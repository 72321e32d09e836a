// Who may do what with servers and the volumes attached to them, under Nova's names.
// https://docs.openstack.org/nova/latest/configuration/policy.html
import type { PolicyTable } from '../http/policy.ts';

export const serverPolicy = {
  list: 'os_compute_api:servers:index',
  get: 'os_compute_api:servers:show',
  listAttachments: 'os_compute_api:os-volumes-attachments:index',
  getAttachment: 'os_compute_api:os-volumes-attachments:show',
  attach: 'os_compute_api:os-volumes-attachments:create',
  detach: 'os_compute_api:os-volumes-attachments:delete',
  flavors: 'os_compute_api:os-flavor-access',
} as const satisfies PolicyTable;
