// Instances without a hypervisor: plugging a volume in is a real iSCSI session, with CHAP, whose bytes are a file.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StorageError } from '../../../domain/storage-errors.ts';
import { libiscsiOptions } from '../../../drivers/connector/libiscsi/config.ts';
import { LibiscsiConnector } from '../../../drivers/connector/libiscsi/driver.ts';
import type { InstanceDriver, InstanceState, PlugRequest } from '../../../drivers/connector/instance.ts';
import type { StepContext } from '../../../drivers/step.ts';

export const instanceId = '11111111-2222-4333-8444-555555555555';

/** Where a plugged volume's bytes can be read and written. */
export const diskOf = (stateDir: string, volumeId: string): string => join(stateDir, 'connections', volumeId, 'disk');

export class ConnectedInstances implements InstanceDriver {
  readonly name = 'connected';
  readonly #stateDir: string;
  readonly #connector: LibiscsiConnector;

  constructor(stateDir: string, host: string) {
    this.#stateDir = stateDir;
    this.#connector = new LibiscsiConnector(libiscsiOptions.parse({ state_path: stateDir, host }));
  }

  checkForSetup(): Promise<void> {
    return Promise.resolve();
  }

  listInstances(): Promise<readonly InstanceState[]> {
    return Promise.resolve([{ id: instanceId, name: 'chaos', status: 'ACTIVE', vcpus: 1, memoryMib: 64 }]);
  }

  async plugVolume(step: StepContext, request: PlugRequest): Promise<{ device: string }> {
    await this.#connector.connect(step, request.volumeId, request.connection, request.chap);
    return { device: request.device ?? '/dev/vdb' };
  }

  async unplugVolume(step: StepContext, _instanceId: string, volumeId: string): Promise<void> {
    await this.#connector.disconnect(step, volumeId, { driver_volume_type: 'iscsi', data: {} } as never);
  }

  async resizeVolume(_step: StepContext, _instanceId: string, volumeId: string): Promise<void> {
    await stat(diskOf(this.#stateDir, volumeId)).catch((error: unknown) => {
      throw new StorageError('Missing', `volume ${volumeId} is not plugged in`, { cause: error });
    });
  }
}

/** Ids of the volumes that are plugged in. */
export async function pluggedIn(stateDir: string): Promise<readonly string[]> {
  return readdir(join(stateDir, 'connections')).catch(() => []);
}
