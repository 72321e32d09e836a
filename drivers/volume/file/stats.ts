// What a file back-end's one pool reports.
import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesPerGib } from '../../../domain/bytes.ts';
import type { PoolStats } from '../driver.ts';
import type { FileVolumeOptions } from './config.ts';

const blockBytes = 512;
const statsAtOnce = 64;

/** Keys of `capabilities` are those of Cinder's `get_volume_stats`. */
export async function poolStats(options: FileVolumeOptions): Promise<PoolStats> {
  const { totalBytes, freeBytes } = await space(options);
  return {
    poolName: options.volume_backend_name,
    totalGib: roundGib(totalBytes),
    freeGib: roundGib(freeBytes),
    reservedPercentage: options.reserved_percentage,
    maxOverSubscriptionRatio: options.max_over_subscription_ratio,
    thinProvisioning: true,
    multiattach: true,
    capabilities: {
      volume_backend_name: options.volume_backend_name,
      vendor_name: 'Scoria',
      driver_version: '1.0.0',
      storage_protocol: 'iSCSI',
      QoS_support: false,
      sparse_copy_volume: true,
      thin_provisioning_support: true,
      thick_provisioning_support: false,
    },
  };
}

async function space(options: FileVolumeOptions): Promise<{ readonly totalBytes: number; readonly freeBytes: number }> {
  const directory = options.file_volumes_dir;
  const { bsize, blocks, bavail } = await statfs(directory);
  if (options.file_capacity_gib === undefined) return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
  const totalBytes = options.file_capacity_gib * bytesPerGib;
  const left = totalBytes - (await allocatedBytes(directory));
  return { totalBytes, freeBytes: Math.max(0, Math.min(left, bavail * bsize)) };
}

/** What the files really take; holes take nothing. 100,000 files take about a second. */
async function allocatedBytes(directory: string): Promise<number> {
  const names = await readdir(directory);
  let total = 0;
  for (let first = 0; first < names.length; first += statsAtOnce) {
    const batch = names.slice(first, first + statsAtOnce).map((name) => stat(join(directory, name)).catch(() => null));
    for (const status of await Promise.all(batch)) total += (status?.blocks ?? 0) * blockBytes;
  }
  return total;
}

const roundGib = (bytes: number): number => Math.round((bytes / bytesPerGib) * 100) / 100;
