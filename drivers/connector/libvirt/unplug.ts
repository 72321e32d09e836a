// Takes a volume out of an instance and waits until the running one has really let go of it.
import { setTimeout as delay } from 'node:timers/promises';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { Argv } from '../../../privileged/argv.ts';
import type { StepContext } from '../../step.ts';
import { virsh, type LibvirtHost } from './client.ts';
import * as commands from './commands.ts';
import { diskOf, viewInstance, type InstanceView } from './instance-view.ts';
import { removeSecret } from './secret.ts';

export interface UnplugPatience {
  /** How long the guest may take to let go. */
  readonly timeoutMs: number;
  /** A request that a starting or busy guest has missed is sent again; QEMU refuses a second one for 5 s. */
  readonly resendMs: number;
}

const lookEveryMs = 100;

/**
 * Removes the disk from the definition and from the running instance, then its secret. An instance that is gone has
 * nothing plugged. Throws StorageError Busy when the guest does not let go in time; asked again it goes on waiting.
 */
export async function unplug(
  on: LibvirtHost,
  step: StepContext,
  instanceId: string,
  volumeId: string,
  patience: UnplugPatience,
): Promise<void> {
  const what = `unplugging volume ${volumeId} from instance ${instanceId}`;
  const deadline = Date.now() + patience.timeoutMs;
  let sendAt = 0;
  let refusal: StorageError | null = null;
  for (let look = 1; ; look += 1) {
    const view = await viewIfThere(on, step, instanceId);
    const [live, config] = [diskOf(view?.live ?? null, volumeId), diskOf(view?.config ?? null, volumeId)];
    if (!live && !config) break;
    if (look > 1 && Date.now() > deadline) throw notLettingGo(instanceId, volumeId, patience, refusal);
    if (config) refusal = await detach(what, commands.detachDisk(on, instanceId, config.target, '--config'), step);
    if (live && Date.now() >= sendAt) {
      refusal = await detach(what, commands.detachDisk(on, instanceId, live.target, '--live'), step);
      sendAt = Date.now() + patience.resendMs;
    }
    // virsh waits for a prompt guest by itself, so the first look after a request comes at once.
    if (look > 1) await delay(lookEveryMs, undefined, { signal: step.signal });
  }
  await removeSecret(on, { instanceId, volumeId }, step);
}

async function viewIfThere(on: LibvirtHost, step: StepContext, instanceId: string): Promise<InstanceView | null> {
  try {
    return await viewInstance(on, instanceId, step);
  } catch (error) {
    if (error instanceof StorageError && error.code === 'Missing') return null;
    throw error;
  }
}

/** What libvirt answers to a request that is under way, or that has just been granted, is not a failure yet. */
async function detach(what: string, argv: Argv, step: StepContext): Promise<StorageError | null> {
  try {
    await virsh(what, argv, step);
    return null;
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    const mayPass = error.code === 'Busy' || error.code === 'Missing' || /no disk found|not found/i.test(error.message);
    if (!mayPass) throw error;
    return error;
  }
}

function notLettingGo(
  instanceId: string,
  volumeId: string,
  { timeoutMs }: UnplugPatience,
  refusal: StorageError | null,
): StorageError {
  return new StorageError(
    'Busy',
    `instance ${instanceId} does not let go of volume ${volumeId}: it was asked for ${Math.round(timeoutMs / 1000)} s. ` +
      'A guest that is paused, hung or still starting does not answer; resume it, unmount the volume in it, or shut it down' +
      (refusal ? `. libvirt's last word: ${refusal.message}` : ''),
    { cause: refusal ?? undefined },
  );
}
