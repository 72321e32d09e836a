// What an RBD back-end's one pool reports.
import { bytesPerGib } from '../../../domain/bytes.ts';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { PoolStats } from '../driver.ts';
import type { RbdClient } from './client.ts';
import type { RbdVolumeOptions } from './config.ts';

/** Keys of `capabilities` are those of Cinder's RBD driver. Throws Unreachable while Ceph's manager has no figures. */
export async function poolStats(rbd: RbdClient, options: RbdVolumeOptions, fsid: string): Promise<PoolStats> {
  const use = await rbd.poolUse();
  if (use === null) {
    throw new StorageError('Unreachable', `Ceph has no figures of pool ${rbd.pool}: does a ceph-mgr run?`);
  }
  const quotaBytes = await rbd.quotaBytes();
  const freeBytes = quotaBytes > 0 ? Math.max(0, Math.min(quotaBytes - use.usedBytes, use.freeBytes)) : use.freeBytes;
  const fixedTotalBytes = quotaBytes > 0 ? quotaBytes : use.clusterBytes;
  const isAuto = options.max_over_subscription_ratio === 'auto';
  const needsList = isAuto || !options.rbd_exclusive_cinder_pool;
  const provisionedBytes = needsList ? await provisioned(rbd) : 0;
  return {
    poolName: options.volume_backend_name,
    totalGib: roundGib(options.report_dynamic_total_capacity ? freeBytes + use.usedBytes : fixedTotalBytes),
    freeGib: roundGib(freeBytes),
    reservedPercentage: options.reserved_percentage,
    maxOverSubscriptionRatio:
      options.max_over_subscription_ratio === 'auto'
        ? 1 + provisionedBytes / (use.usedBytes + bytesPerGib)
        : options.max_over_subscription_ratio,
    thinProvisioning: true,
    multiattach: true,
    capabilities: {
      volume_backend_name: options.volume_backend_name,
      vendor_name: 'Scoria',
      driver_version: '1.0.0',
      storage_protocol: 'ceph',
      location_info: [
        options.rbd_cluster_name,
        options.rbd_ceph_conf ?? '',
        fsid,
        options.rbd_user ?? '',
        rbd.pool,
      ].join(':'),
      QoS_support: false,
      sparse_copy_volume: true,
      thin_provisioning_support: true,
      thick_provisioning_support: false,
      replication_enabled: false,
      backend_state: 'up',
      ...(options.rbd_exclusive_cinder_pool
        ? {}
        : { provisioned_capacity_gb: Math.ceil(provisionedBytes / bytesPerGib) }),
    },
  };
}

/** What the pool's images promise to hold, without their snapshots. */
async function provisioned(rbd: RbdClient): Promise<number> {
  const images = (await rbd.list()).filter(({ snapshot }) => snapshot === null);
  return images.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
}

const roundGib = (bytes: number): number => Math.round((bytes / bytesPerGib) * 100) / 100;
