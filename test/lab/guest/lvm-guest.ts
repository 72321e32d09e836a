// Runs in the lab VM: the LVM driver as a volume worker there would make it.
import { lvmVolumeOptions } from '../../../drivers/volume/lvm/config.ts';
import { LvmVolumeDriver } from '../../../drivers/volume/lvm/driver.ts';

export function makeDriver(options: Readonly<Record<string, unknown>>): LvmVolumeDriver {
  return new LvmVolumeDriver(lvmVolumeOptions.parse(options));
}
