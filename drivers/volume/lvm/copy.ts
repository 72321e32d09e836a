// Fills a new thick volume with the bytes of another volume, as they are at one moment, or of a snapshot.
import { copyDevice } from '../../data/block-device.ts';
import type { StepContext } from '../../step.ts';
import type { LvmClient } from './client.ts';
import * as commands from './commands.ts';
import type { LvmVolumeOptions } from './config.ts';
import { removeCloneSource } from './erase.ts';
import { cloneSourceName, devicePath, tagsOf, volumeName } from './names.ts';
import type { LogicalVolume } from './parse.ts';

export interface CopyPlace {
  readonly lvm: LvmClient;
  readonly options: LvmVolumeOptions;
  readonly skipZeros: boolean;
}

export interface Copy {
  /** A volume, which may be written meanwhile, or a snapshot, which may not. */
  readonly sourceLv: LogicalVolume;
  readonly volumeId: string;
  readonly lengthBytes: number;
}

/** A volume is copied from a snapshot that lives as long as the copying, as Cinder does: it may be attached. */
export async function copyFrom(step: StepContext, place: CopyPlace, copy: Copy): Promise<void> {
  const { lvm, options, skipZeros } = place;
  const { sourceLv, volumeId, lengthBytes } = copy;
  const isSnapshot = sourceLv.origin !== null;
  const still = isSnapshot ? sourceLv.name : cloneSourceName(volumeId);
  await removeCloneSource(step, place, volumeId);
  if (isSnapshot && !sourceLv.isActive) await lvm.run(commands.activate(lvm.group, still), step);
  if (!isSnapshot) {
    const tags = tagsOf({ kind: 'clone-source', id: volumeId, ...step });
    await lvm.run(commands.createThickSnapshot(lvm.group, sourceLv.name, still, tags), step);
  }
  await copyDevice(step, {
    from: devicePath(lvm.group, still),
    to: devicePath(lvm.group, volumeName(volumeId)),
    lengthBytes,
    blockSize: options.volume_dd_blocksize,
    skipZeros,
  });
  await removeCloneSource(step, place, volumeId);
}
