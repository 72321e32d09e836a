// Overwrites what a logical volume holds before its extents go back to the group.
import { eraseDevice } from '../../data/block-device.ts';
import type { StepContext } from '../../step.ts';
import type { LvmClient } from './client.ts';
import * as commands from './commands.ts';
import type { LvmVolumeOptions } from './config.ts';
import { writtenBytes } from './cow-area.ts';
import { cloneSourceName, devicePath, snapshotPrefix } from './names.ts';
import type { LogicalVolume } from './parse.ts';

const bytesPerMib = 1024 ** 2;

export interface ErasePlace {
  readonly lvm: LvmClient;
  readonly options: LvmVolumeOptions;
}

/**
 * Leaves an LV whose bytes are zero per `volume_clear` and `volume_clear_size`. A volume of a thin pool is left as it
 * is: writing zeros to it would take blocks, and the pool zeroes a block before it gives it to anyone else.
 */
export async function eraseVolume(step: StepContext, place: ErasePlace, lv: LogicalVolume): Promise<void> {
  if (lv.pool !== null) return;
  const { lvm, options } = place;
  // A snapshot in service would go on copying its origin's old blocks to where the zeros are.
  const mustSplit = lv.origin !== null;
  if (mustSplit) await lvm.run(commands.splitSnapshot(lvm.group, lv.name), step);
  if (options.volume_clear !== 'zero') return;
  if (mustSplit || !lv.isActive) await lvm.run(commands.activate(lvm.group, lv.name), step);
  const path = devicePath(lvm.group, lv.name);
  const isCowArea = lv.name.startsWith(snapshotPrefix);
  const filledBytes = isCowArea ? await writtenBytes(step, path, lv.sizeBytes) : lv.sizeBytes;
  const limitBytes = options.volume_clear_size === 0 ? Infinity : options.volume_clear_size * bytesPerMib;
  const lengthBytes = Math.min(filledBytes, limitBytes);
  const { volume_dd_blocksize: blockSize, volume_clear_ionice: ionice = null } = options;
  await eraseDevice(step, { path, lengthBytes, blockSize, ionice });
}

/** Takes away the snapshot that a copy to `volumeId` read from; not there is success. */
export async function removeCloneSource(step: StepContext, place: ErasePlace, volumeId: string): Promise<void> {
  const name = cloneSourceName(volumeId);
  const found = await place.lvm.find(name);
  if (!found) return;
  await eraseVolume(step, place, found);
  await place.lvm.run(commands.remove(place.lvm.group, name), step);
}
