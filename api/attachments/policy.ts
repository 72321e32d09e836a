// Who may do what with attachments.
// https://docs.openstack.org/cinder/latest/configuration/block-storage/policy.html
import type { PolicyTable } from '../http/policy.ts';

export const attachmentPolicy = {
  // Cinder asks no policy to read them: a project sees its own.
  get: 'volume:attachment_get',
  list: 'volume:attachment_get_all',
  create: 'volume:attachment_create',
  update: 'volume:attachment_update',
  delete: 'volume:attachment_delete',
  complete: 'volume:attachment_complete',
  multiattachBootable: 'volume:multiattach_bootable_volume',
} as const satisfies PolicyTable;
