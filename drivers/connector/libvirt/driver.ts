// The instance driver over libvirt: volumes of QEMU guests, plugged and unplugged with virsh.
import { gibToBytes } from '../../../domain/bytes.ts';
import { mustBeUuid } from '../../../domain/ids.ts';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { InstanceDriver } from '../instance.ts';
import { virsh, type LibvirtHost } from './client.ts';
import * as commands from './commands.ts';
import { diskOf, viewInstance } from './instance-view.ts';
import { listInstances } from './list.ts';
import { plug } from './plug.ts';
import { unplug } from './unplug.ts';

export interface LibvirtOptions extends LibvirtHost {
  /** How long a guest may take to let go of a disk. Default 30 s. */
  readonly unplugTimeoutMs?: number;
  /** After how long it is asked again. Default 8 s. */
  readonly unplugResendMs?: number;
}

/** Instances are named by their libvirt UUIDs, disks by their serial, which is the volume's id. */
export function createLibvirtDriver(on: LibvirtOptions): InstanceDriver {
  const patience = { timeoutMs: on.unplugTimeoutMs ?? 30_000, resendMs: on.unplugResendMs ?? 8_000 };
  return {
    name: 'libvirt',
    checkForSetup: async () => {
      await virsh(`connecting to libvirt at ${on.connectionUri}`, commands.showVersion(on));
    },
    listInstances: () => listInstances(on),
    plugVolume: (step, request) => {
      mustBeUuid(request.instanceId);
      return plug(on, step, request);
    },
    unplugVolume: (step, instanceId, volumeId) =>
      unplug(on, step, mustBeUuid(instanceId), mustBeUuid(volumeId), patience),
    resizeVolume: async (step, instanceId, volumeId, sizeGib) => {
      const what = `growing volume ${volumeId} in instance ${instanceId}`;
      const view = await viewInstance(on, mustBeUuid(instanceId), step);
      // One that is off reads the size when it starts.
      if (!view.isRunning) return;
      const disk = diskOf(view.live, volumeId);
      if (!disk) throw new StorageError('Missing', `${what}: it is not plugged there`);
      await virsh(what, commands.resizeDisk(on, instanceId, disk.target, gibToBytes(sizeGib)), step);
    },
  };
}
