// What an LVM back-end's one pool reports.
import { bytesPerGib } from '../../../domain/bytes.ts';
import type { PoolStats } from '../driver.ts';
import type { LvmVolumeOptions } from './config.ts';
import type { LogicalVolume, VolumeGroup } from './parse.ts';

export interface Measured {
  readonly group: VolumeGroup;
  readonly volumes: readonly LogicalVolume[];
  /** Null for thick volumes. */
  readonly pool: LogicalVolume | null;
}

/** Keys of `capabilities` are those of Cinder's LVM driver. */
export function poolStats(options: LvmVolumeOptions, { group, volumes, pool }: Measured, protocol: string): PoolStats {
  const inPool = volumes.filter((lv) => (pool ? lv.pool === pool.name : !lv.isPool));
  const provisionedBytes = inPool.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
  const totalBytes = pool ? pool.sizeBytes : group.sizeBytes;
  const freeBytes = pool ? pool.sizeBytes * (1 - (pool.dataPercent ?? 0) / 100) : group.freeBytes;
  const isThin = pool !== null;
  return {
    poolName: options.volume_backend_name,
    totalGib: roundGib(totalBytes),
    freeGib: roundGib(freeBytes),
    reservedPercentage: options.reserved_percentage,
    maxOverSubscriptionRatio: ratioOf(options, provisionedBytes, totalBytes - freeBytes),
    thinProvisioning: isThin,
    multiattach: true,
    capabilities: {
      volume_backend_name: options.volume_backend_name,
      vendor_name: 'Scoria',
      driver_version: '1.0.0',
      storage_protocol: protocol,
      QoS_support: false,
      sparse_copy_volume: isThin,
      thin_provisioning_support: isThin,
      thick_provisioning_support: !isThin,
      provisioned_capacity_gb: roundGib(provisionedBytes),
      total_volumes: inPool.length,
      location_info: `LVMVolumeDriver:${group.name}:${isThin ? 'thin' : 'default'}`,
      backend_state: 'up',
    },
  };
}

/** `auto` follows how well the pool's volumes shrink, as the file driver's does. */
function ratioOf(options: LvmVolumeOptions, provisionedBytes: number, usedBytes: number): number {
  const ratio = options.lvm_max_over_subscription_ratio ?? options.max_over_subscription_ratio;
  return ratio === 'auto' ? 1 + provisionedBytes / (usedBytes + bytesPerGib) : ratio;
}

const roundGib = (bytes: number): number => Math.round((bytes / bytesPerGib) * 100) / 100;
