// Images that Nova makes of servers that boot from a volume: they hold no bytes and name a snapshot instead (3.61).
import { z } from 'zod';
import type { Image } from '../../domain/images.ts';

const mapping = z.array(
  z.looseObject({
    source_type: z.string().nullish(),
    boot_index: z.unknown(),
    snapshot_id: z.string().nullish(),
    volume_size: z.number().nullish(),
  }),
);

export interface BootSnapshot {
  readonly snapshotId: string;
  readonly sizeGib: number;
}

/** The snapshot that the image's server boots from; null for an image with bytes of its own. */
export function bootSnapshotOf({ properties }: Image): BootSnapshot | null {
  const text = properties['block_device_mapping'];
  const parsed = text === undefined ? null : mapping.safeParse(jsonOf(text));
  const boot = parsed?.data?.find((device) => device.source_type === 'snapshot' && device.boot_index === 0);
  return boot?.snapshot_id ? { snapshotId: boot.snapshot_id, sizeGib: boot.volume_size ?? 0 } : null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
