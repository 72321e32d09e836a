// Who may ask for which action on a volume.
// https://docs.openstack.org/cinder/latest/configuration/block-storage/policy.html
import type { PolicyTable } from '../http/policy.ts';

export const volumeActionPolicy = {
  extend: { name: 'volume:extend', allow: 'owner' },
  extendAttached: { name: 'volume:extend_attached_volume', allow: 'owner' },
  attach: { name: 'volume_extension:volume_actions:attach', allow: 'owner' },
  detach: { name: 'volume_extension:volume_actions:detach', allow: 'owner' },
  reserve: { name: 'volume_extension:volume_actions:reserve', allow: 'owner' },
  unreserve: { name: 'volume_extension:volume_actions:unreserve', allow: 'owner' },
  beginDetaching: { name: 'volume_extension:volume_actions:begin_detaching', allow: 'owner' },
  rollDetaching: { name: 'volume_extension:volume_actions:roll_detaching', allow: 'owner' },
  initialize: { name: 'volume_extension:volume_actions:initialize_connection', allow: 'owner' },
  terminate: { name: 'volume_extension:volume_actions:terminate_connection', allow: 'owner' },
  setBootable: { name: 'volume:update', allow: 'owner' },
  updateReadonly: { name: 'volume:update_readonly_flag', allow: 'owner' },
  resetStatus: { name: 'volume_extension:volume_admin_actions:reset_status', allow: 'admin' },
  forceDelete: { name: 'volume_extension:volume_admin_actions:force_delete', allow: 'admin' },
  forceDetach: { name: 'volume_extension:volume_admin_actions:force_detach', allow: 'admin' },
  showImageMetadata: { name: 'volume:get_volume_metadata', allow: 'owner' },
  setImageMetadata: { name: 'volume_extension:volume_image_metadata:set', allow: 'owner' },
  unsetImageMetadata: { name: 'volume_extension:volume_image_metadata:remove', allow: 'owner' },
} as const satisfies PolicyTable;
