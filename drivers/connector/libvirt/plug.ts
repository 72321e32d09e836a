// Plugs a volume into an instance, into the running one and into its definition, from whatever state it finds.
import { StorageError } from '../../../domain/storage-errors.ts';
import type { StepContext } from '../../step.ts';
import type { PlugRequest } from '../instance.ts';
import { chooseDevice } from './device-name.ts';
import { diskXml } from './disk-xml.ts';
import { diskOf, viewInstance, type InstanceView } from './instance-view.ts';
import { defineSecret } from './secret.ts';
import type { Virsh } from './virsh.ts';

/** Two volumes that are plugged into one instance at once may choose the same name; the loser looks again. */
const nameRaces = 5;

/** Answers the device. Throws StorageError AttachRefused for an instance that is not there or has no room. */
export async function plug(virsh: Virsh, step: StepContext, request: PlugRequest): Promise<{ device: string }> {
  const { instanceId, volumeId, chap } = request;
  // First of all, because a change of the disks is the only thing that ever makes QEMU read it.
  await viewForPlug(virsh, step, request);
  const auth = chap && { username: chap.username, secretUuid: await defineSecret(virsh, { instanceId, volumeId }, chap.password, step) };
  for (let race = 1; ; race += 1) {
    const view = await viewForPlug(virsh, step, request);
    const flags = missingPlaces(view, volumeId);
    const target = targetFor(view, request);
    if (flags.length === 0) return { device: `/dev/${target}` };
    const content = diskXml({ volumeId, connection: request.connection, auth, target, readonly: request.readonly });
    try {
      const words = ['attach-device', instanceId, '{file}', ...flags];
      await virsh.runWithFile(`plugging volume ${volumeId} into instance ${instanceId}`, words, { volumeId, content }, step);
      return { device: `/dev/${target}` };
    } catch (error) {
      const lostRace = error instanceof StorageError && /target .* already exists/.test(error.message);
      if (!lostRace || race === nameRaces) throw error;
    }
  }
}

async function viewForPlug(virsh: Virsh, step: StepContext, { instanceId, volumeId }: PlugRequest): Promise<InstanceView> {
  try {
    return await viewInstance(virsh, instanceId, step);
  } catch (error) {
    if (!(error instanceof StorageError && error.code === 'Missing')) throw error;
    // Nothing for an operator to mend: whoever asked named an instance that is gone or lives elsewhere.
    const message = `volume ${volumeId} cannot be attached: ${error.message}`;
    throw new StorageError('AttachRefused', message, { cause: error });
  }
}

/** virsh's flags for where the disk is still missing: a death between the two leaves it in one of them. */
function missingPlaces(view: InstanceView, volumeId: string): readonly string[] {
  return [
    ...(view.live && !diskOf(view.live, volumeId) ? ['--live'] : []),
    ...(view.config && !diskOf(view.config, volumeId) ? ['--config'] : []),
  ];
}

/** The name it has already, in either place; else the wished or the next free one in both. */
function targetFor(view: InstanceView, { volumeId, device }: PlugRequest): string {
  const present = diskOf(view.live, volumeId) ?? diskOf(view.config, volumeId);
  if (present) return present.target;
  return chooseDevice(new Set([...(view.live ?? []), ...(view.config ?? [])].map(({ target }) => target)), device);
}
