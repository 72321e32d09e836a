// Which code serves a configured back-end: its volume driver and its target.
import { join } from 'node:path';
import type { Logger } from 'pino';
import { StorageError } from '../../domain/storage-errors.ts';
import { lioOptions } from '../../drivers/target/lio/config.ts';
import { LioTargetDriver } from '../../drivers/target/lio/driver.ts';
import { tgtOptions } from '../../drivers/target/tgt/config.ts';
import { TgtTargetDriver } from '../../drivers/target/tgt/driver.ts';
import type { TargetDriver } from '../../drivers/target/target.ts';
import type { VolumeDriver } from '../../drivers/volume/driver.ts';
import { fileVolumeOptions } from '../../drivers/volume/file/config.ts';
import { FileVolumeDriver } from '../../drivers/volume/file/driver.ts';
import { lvmVolumeOptions } from '../../drivers/volume/lvm/config.ts';
import { LvmVolumeDriver } from '../../drivers/volume/lvm/driver.ts';
import { nfsVolumeOptions } from '../../drivers/volume/nfs/config.ts';
import { NfsVolumeDriver } from '../../drivers/volume/nfs/driver.ts';
import { NfsShares } from '../../drivers/volume/nfs/shares.ts';
import { NfsTargetDriver } from '../../drivers/target/nfs/driver.ts';
import { rbdVolumeOptions } from '../../drivers/volume/rbd/config.ts';
import { RbdVolumeDriver } from '../../drivers/volume/rbd/driver.ts';
import type { BackendConfig, ScoriaConfig } from '../config/config.ts';
import type { VolumeDriverName } from '../config/driver-names.ts';

const volumeDrivers: Readonly<Record<VolumeDriverName, (backend: BackendConfig) => VolumeDriver>> = {
  file: ({ options }) => new FileVolumeDriver(fileVolumeOptions.parse(options)),
  lvm: ({ options }) => new LvmVolumeDriver(lvmVolumeOptions.parse(options)),
  nfs: ({ options }) => new NfsVolumeDriver(nfsVolumeOptions.parse(options)),
  rbd: ({ options }) => new RbdVolumeDriver(rbdVolumeOptions.parse(options)),
};

export function volumeDriverFor(backend: BackendConfig): VolumeDriver {
  return volumeDrivers[backend.driver](backend);
}

const targetDrivers: Readonly<
  Record<BackendConfig['common']['target_helper'], (backend: BackendConfig, config: ScoriaConfig) => TargetDriver>
> = {
  tgtadm: ({ common }, { statePath }) => new TgtTargetDriver(tgtOptions.parse(common), join(statePath, 'targets')),
  lioadm: ({ common }) => new LioTargetDriver(lioOptions.parse(common)),
};

/** The back-end's target, or null with a warning when this machine cannot export anything. */
export async function targetFor(
  config: ScoriaConfig,
  backend: BackendConfig,
  log: Logger,
): Promise<TargetDriver | null> {
  if (backend.driver === 'nfs') {
    const options = nfsVolumeOptions.parse(backend.options);
    return new NfsTargetDriver(new NfsShares(options), options.nfs_mount_point_base);
  }
  const target = targetDrivers[backend.common.target_helper](backend, config);
  try {
    await target.checkForSetup();
    return target;
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    // It was there and does not answer just now: it is being started again, and what needs it is tried again.
    if ((await target.generation?.()) != null) return target;
    log.warn({ backend: backend.section, reason: error.message }, 'volumes of this back-end cannot be attached');
    return null;
  }
}
