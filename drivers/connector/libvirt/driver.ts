// The instance driver over libvirt: volumes of QEMU guests, plugged and unplugged with virsh.
import { gibToBytes } from '../../../domain/bytes.ts';
import { mustBeUuid } from '../../../domain/ids.ts';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { InstanceDriver } from '../instance.ts';
import { diskOf, viewInstance } from './instance-view.ts';
import { listInstances } from './list.ts';
import { plug } from './plug.ts';
import { unplug } from './unplug.ts';
import { createVirsh, type VirshOptions } from './virsh.ts';

export interface LibvirtOptions extends VirshOptions {
  /** How long a guest may take to let go of a disk. Default 30 s. */
  readonly unplugTimeoutMs?: number;
  /** After how long it is asked again. Default 8 s. */
  readonly unplugResendMs?: number;
}

/** Instances are named by their libvirt UUIDs, disks by their serial, which is the volume's id. */
export function createLibvirtDriver(options: LibvirtOptions): InstanceDriver {
  const virsh = createVirsh(options);
  const patience = { timeoutMs: options.unplugTimeoutMs ?? 30_000, resendMs: options.unplugResendMs ?? 8_000 };
  return {
    name: 'libvirt',
    checkForSetup: async () => {
      await virsh.run(`connecting to libvirt at ${options.connectionUri}`, ['version']);
    },
    listInstances: () => listInstances(virsh),
    plugVolume: (step, request) => {
      mustBeUuid(request.instanceId);
      return plug(virsh, step, request);
    },
    unplugVolume: (step, instanceId, volumeId) => unplug(virsh, step, mustBeUuid(instanceId), mustBeUuid(volumeId), patience),
    resizeVolume: async (step, instanceId, volumeId, sizeGib) => {
      const what = `growing volume ${volumeId} in instance ${instanceId}`;
      const view = await viewInstance(virsh, mustBeUuid(instanceId), step);
      // One that is off reads the size when it starts.
      if (!view.isRunning) return;
      const disk = diskOf(view.live, volumeId);
      if (!disk) throw new StorageError('Missing', `${what}: it is not plugged there`);
      await virsh.run(what, ['blockresize', instanceId, disk.target, `${gibToBytes(sizeGib)}B`], step);
    },
  };
}
