// The options of a back-end's section: those that every driver shares, and each driver's own.
import { z } from 'zod';
import { fileVolumeOptions } from '../../drivers/volume/file/config.ts';
import { nfsVolumeOptions } from '../../drivers/volume/nfs/config.ts';
import { lvmVolumeOptions } from '../../drivers/volume/lvm/config.ts';
import { rbdVolumeOptions } from '../../drivers/volume/rbd/config.ts';
import {
  decimal,
  flag,
  integer,
  listOf,
  matching,
  mayBeEmpty,
  mayBeLeftOut,
  mustBeSet,
  oneOf,
  path,
  port,
  secret,
  text,
  withDefault,
  type Kind,
  type OptionTable,
} from './option.ts';
import { volumeDriverKind, type VolumeDriverName } from './driver-names.ts';

/** https://docs.openstack.org/cinder/latest/admin/over-subscription.html */
const ratio: Kind<number | 'auto'> = {
  schema: z.union([z.literal('auto'), decimal(1).schema]),
  allowed: 'a number from 1, or auto',
};

export const commonBackendOptions = {
  volume_driver: mustBeSet(volumeDriverKind),
  volume_backend_name: mayBeLeftOut(text),
  backend_availability_zone: mayBeLeftOut(text),
  reserved_percentage: withDefault(integer(0, 100), '0'),
  max_over_subscription_ratio: withDefault(ratio, '20.0'),
  filter_function: mayBeLeftOut(text),
  goodness_function: mayBeLeftOut(text),

  volume_clear: withDefault(oneOf(['none', 'zero']), 'zero'),
  volume_clear_size: withDefault(integer(0, 1024), '0'),
  volume_clear_ionice: mayBeLeftOut(matching(/^-c\s?[0-3](\s+-n\s?[0-7])?$/, 'arguments of ionice, such as -c3')),
  volume_dd_blocksize: withDefault(matching(/^\d+[KMG]?$/i, 'a size such as 1M'), '1M'),

  target_helper: withDefault(
    { ...oneOf(['tgtadm', 'lioadm']), allowed: 'tgtadm, lioadm (the others are not available yet)' },
    'tgtadm',
  ),
  target_protocol: withDefault({ ...oneOf(['iscsi']), allowed: 'iscsi (the others are not available yet)' }, 'iscsi'),
  target_prefix: withDefault(text, 'iqn.2010-10.org.openstack:'),
  target_ip_address: withDefault(text, '$my_ip'),
  target_secondary_ip_addresses: withDefault(listOf(text), ''),
  target_port: withDefault(port, '3260'),
  // Scoria's own: which of several tgtd on this host, as `tgtd --control-port`.
  tgt_control_port: withDefault(integer(0, 32_767), '0'),
  volumes_dir: withDefault(path, '$state_path/volumes'),
  use_chap_auth: withDefault(flag, 'false'),
  chap_username: mayBeLeftOut(text),
  chap_password: mayBeLeftOut(secret),
} as const satisfies OptionTable;

/** Options that only one driver has, on top of the common ones: names and checks are the driver's, defaults are ours. */
export const driverOptions = {
  file: {
    file_volumes_dir: withDefault(path, '$state_path/file-volumes/$volume_backend_name'),
    file_capacity_gib: mayBeLeftOut(decimal(Number.MIN_VALUE)),
  },
  lvm: {
    volume_group: withDefault(text, 'cinder-volumes'),
    lvm_type: withDefault(oneOf(['default', 'thin', 'auto']), 'auto'),
    lvm_max_over_subscription_ratio: mayBeLeftOut(decimal(1)),
  },
  nfs: {
    nfs_shares_config: withDefault(path, '/etc/cinder/nfs_shares'),
    nfs_mount_point_base: withDefault(path, '$state_path/mnt'),
    nfs_mount_options: mayBeEmpty(text),
    nfs_mount_attempts: withDefault(integer(1), '3'),
    nfs_sparsed_volumes: withDefault(flag, 'true'),
    nfs_qcow2_volumes: withDefault(flag, 'false'),
    nfs_snapshot_support: withDefault(flag, 'false'),
    nas_host: mayBeEmpty(text),
    nas_share_path: mayBeEmpty(path),
    nas_mount_options: mayBeEmpty(text),
    nas_secure_file_operations: withDefault(oneOf(['auto', 'true', 'false']), 'auto'),
    nas_secure_file_permissions: withDefault(oneOf(['auto', 'true', 'false']), 'auto'),
  },
  rbd: {
    rbd_cluster_name: withDefault(text, 'ceph'),
    rbd_pool: withDefault(text, 'rbd'),
    rbd_user: mayBeEmpty(text),
    rbd_ceph_conf: mayBeEmpty(path),
    rbd_secret_uuid: mayBeEmpty(text),
    rbd_flatten_volume_from_snapshot: withDefault(flag, 'false'),
    rbd_max_clone_depth: withDefault(integer(0), '5'),
    rbd_store_chunk_size: withDefault(integer(1), '4'),
    rados_connect_timeout: withDefault(integer(), '-1'),
    report_dynamic_total_capacity: withDefault(flag, 'true'),
    rbd_exclusive_cinder_pool: withDefault(flag, 'true'),
    rbd_connections_dir: withDefault(path, '$state_path/rbd/$volume_backend_name'),
  },
} as const satisfies Readonly<Record<VolumeDriverName, OptionTable>>;

/** Each driver's own schema, which has the last word on a back-end's values. */
export const driverSchemas = {
  file: fileVolumeOptions,
  lvm: lvmVolumeOptions,
  nfs: nfsVolumeOptions,
  rbd: rbdVolumeOptions,
} as const satisfies Readonly<Record<VolumeDriverName, z.ZodObject>>;
