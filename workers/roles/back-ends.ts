// Which code serves a configured back-end: its volume driver and its target.
import { join } from 'node:path';
import type { Logger } from 'pino';
import { StorageError } from '../../domain/storage-errors.ts';
import { tgtOptions } from '../../drivers/target/tgt/config.ts';
import { TgtTargetDriver } from '../../drivers/target/tgt/driver.ts';
import type { TargetDriver } from '../../drivers/target/target.ts';
import type { VolumeDriver } from '../../drivers/volume/driver.ts';
import { fileVolumeOptions } from '../../drivers/volume/file/config.ts';
import { FileVolumeDriver } from '../../drivers/volume/file/driver.ts';
import { lvmVolumeOptions } from '../../drivers/volume/lvm/config.ts';
import { LvmVolumeDriver } from '../../drivers/volume/lvm/driver.ts';
import type { BackendConfig, ScoriaConfig } from '../config/config.ts';
import type { VolumeDriverName } from '../config/driver-names.ts';

const volumeDrivers: Readonly<Record<VolumeDriverName, (backend: BackendConfig) => VolumeDriver>> = {
  file: ({ options }) => new FileVolumeDriver(fileVolumeOptions.parse(options)),
  lvm: ({ options }) => new LvmVolumeDriver(lvmVolumeOptions.parse(options)),
};

export function volumeDriverFor(backend: BackendConfig): VolumeDriver {
  return volumeDrivers[backend.driver](backend);
}

/** The back-end's target, or null with a warning when this machine cannot export anything. */
export async function targetFor(
  config: ScoriaConfig,
  backend: BackendConfig,
  log: Logger,
): Promise<TargetDriver | null> {
  const target = new TgtTargetDriver(tgtOptions.parse(backend.common), join(config.statePath, 'targets'));
  try {
    await target.checkForSetup();
    return target;
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    // It was there and does not answer just now: it is being started again, and what needs it is tried again.
    if ((await target.generation()) !== null) return target;
    log.warn({ backend: backend.section, reason: error.message }, 'volumes of this back-end cannot be attached');
    return null;
  }
}
