// Who may do what with attachments.
// https://docs.openstack.org/cinder/latest/configuration/block-storage/policy.html
import type { PolicyTable } from '../http/policy.ts';

export const attachmentPolicy = {
  // Cinder asks no policy to read them: a project sees its own.
  get: { name: 'volume:get', allow: 'owner' },
  list: { name: 'volume:get_all', allow: 'owner' },
  create: { name: 'volume:attachment_create', allow: 'owner' },
  update: { name: 'volume:attachment_update', allow: 'owner' },
  delete: { name: 'volume:attachment_delete', allow: 'owner' },
  complete: { name: 'volume:attachment_complete', allow: 'owner' },
  multiattachBootable: { name: 'volume:multiattach_bootable_volume', allow: 'owner' },
} as const satisfies PolicyTable;
