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
  const disk = await diskSpace(options.file_volumes_dir);
  const needsUse = options.file_capacity_gib !== undefined || options.max_over_subscription_ratio === 'auto';
  const use = needsUse ? await useOf(options.file_volumes_dir) : { allocatedBytes: 0, provisionedBytes: 0 };
  const { totalBytes, freeBytes } = withinCapacity(disk, use.allocatedBytes, options.file_capacity_gib);
  return {
    poolName: options.volume_backend_name,
    totalGib: roundGib(totalBytes),
    freeGib: roundGib(freeBytes),
    reservedPercentage: options.reserved_percentage,
    maxOverSubscriptionRatio: ratioOf(
      options.max_over_subscription_ratio,
      use.provisionedBytes,
      totalBytes - freeBytes,
    ),
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

interface Space {
  readonly totalBytes: number;
  readonly freeBytes: number;
}

interface Use {
  /** What the files take on the disk; holes take nothing. */
  readonly allocatedBytes: number;
  /** What they promise to hold. */
  readonly provisionedBytes: number;
}

async function diskSpace(directory: string): Promise<Space> {
  const { bsize, blocks, bavail } = await statfs(directory);
  return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
}

function withinCapacity(disk: Space, allocatedBytes: number, capacityGib: number | undefined): Space {
  if (capacityGib === undefined) return disk;
  const totalBytes = capacityGib * bytesPerGib;
  return { totalBytes, freeBytes: Math.max(0, Math.min(totalBytes - allocatedBytes, disk.freeBytes)) };
}

/** `auto` follows how well the pool's volumes shrink: 1 + promised ÷ (used + 1), in GiB, as Cinder's does. */
function ratioOf(ratio: number | 'auto', provisionedBytes: number, usedBytes: number): number {
  if (ratio !== 'auto') return ratio;
  return 1 + provisionedBytes / (usedBytes + bytesPerGib);
}

/** 100,000 files take about a second. */
async function useOf(directory: string): Promise<Use> {
  const names = await readdir(directory);
  let allocatedBytes = 0;
  let provisionedBytes = 0;
  for (let first = 0; first < names.length; first += statsAtOnce) {
    const batch = names.slice(first, first + statsAtOnce).map((name) => stat(join(directory, name)).catch(() => null));
    for (const status of await Promise.all(batch)) {
      allocatedBytes += (status?.blocks ?? 0) * blockBytes;
      provisionedBytes += status?.isFile() ? status.size : 0;
    }
  }
  return { allocatedBytes, provisionedBytes };
}

const roundGib = (bytes: number): number => Math.round((bytes / bytesPerGib) * 100) / 100;
