// Who may ask for which action on a volume.
// https://docs.openstack.org/cinder/latest/configuration/block-storage/policy.html
import type { PolicyTable } from '../http/policy.ts';

export const volumeActionPolicy = {
  extend: 'volume:extend',
  completeExtend: 'volume_extension:volume_admin_actions:extend_volume_completion',
  extendAttached: 'volume:extend_attached_volume',
  attach: 'volume_extension:volume_actions:attach',
  detach: 'volume_extension:volume_actions:detach',
  reserve: 'volume_extension:volume_actions:reserve',
  unreserve: 'volume_extension:volume_actions:unreserve',
  beginDetaching: 'volume_extension:volume_actions:begin_detaching',
  rollDetaching: 'volume_extension:volume_actions:roll_detaching',
  initialize: 'volume_extension:volume_actions:initialize_connection',
  terminate: 'volume_extension:volume_actions:terminate_connection',
  setBootable: 'volume:update',
  updateReadonly: 'volume:update_readonly_flag',
  resetStatus: 'volume_extension:volume_admin_actions:reset_status',
  forceDelete: 'volume_extension:volume_admin_actions:force_delete',
  forceDetach: 'volume_extension:volume_admin_actions:force_detach',
  showImageMetadata: 'volume:get_volume_metadata',
  setImageMetadata: 'volume_extension:volume_image_metadata:set',
  unsetImageMetadata: 'volume_extension:volume_image_metadata:remove',
  revert: 'volume:revert_to_snapshot',
  retype: 'volume:retype',
  migrate: 'volume_extension:volume_admin_actions:migrate_volume',
  migrateCompletion: 'volume_extension:volume_admin_actions:migrate_volume_completion',
  unmanage: 'volume_extension:volume_unmanage',
  uploadImage: 'volume_extension:volume_actions:upload_image',
  uploadPublic: 'volume_extension:volume_actions:upload_public',
  reimage: 'volume:reimage',
  reimageReserved: 'volume:reimage_reserved',
} as const satisfies PolicyTable;
