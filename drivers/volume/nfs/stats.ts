// What an NFS back-end's one pool reports: all of its shares together, as in Cinder.
import { bytesPerGib } from '../../../domain/bytes.ts';
import type { PoolStats } from '../driver.ts';
import type { NfsVolumeOptions } from './config.ts';
import type { ShareUse } from './shares.ts';

/** Keys of `capabilities` are those of Cinder's `get_volume_stats`. */
export function poolStats(options: NfsVolumeOptions, uses: readonly ShareUse[]): PoolStats {
  const sum = (of: (use: ShareUse) => number): number => uses.reduce((total, use) => total + of(use), 0);
  const [total, free, allocated] = [
    sum((use) => use.totalBytes),
    sum((use) => use.freeBytes),
    sum((use) => use.allocatedBytes),
  ];
  const ratio = options.max_over_subscription_ratio;
  return {
    poolName: options.volume_backend_name,
    totalGib: roundGib(total),
    freeGib: roundGib(free),
    reservedPercentage: options.reserved_percentage,
    // `auto`: 1 + promised ÷ (used + 1), in GiB.
    maxOverSubscriptionRatio: ratio === 'auto' ? 1 + allocated / (total - free + bytesPerGib) : ratio,
    thinProvisioning: options.nfs_sparsed_volumes,
    multiattach: false,
    capabilities: {
      volume_backend_name: options.volume_backend_name,
      vendor_name: 'Open Source',
      driver_version: '1.4.0',
      storage_protocol: 'nfs',
      QoS_support: false,
      sparse_copy_volume: true,
      thin_provisioning_support: options.nfs_sparsed_volumes,
      thick_provisioning_support: !options.nfs_sparsed_volumes,
    },
  };
}

const roundGib = (bytes: number): number => Math.round((bytes / bytesPerGib) * 100) / 100;
