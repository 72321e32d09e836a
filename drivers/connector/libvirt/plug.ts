// Plugs a volume into an instance, into the running one and into its definition, from whatever state it finds.
import { StorageError } from '../../../domain/storage-errors.ts';
import type { StepContext } from '../../step.ts';
import type { PlugRequest } from '../instance.ts';
import { virsh, withInputFile, type LibvirtHost } from './client.ts';
import * as commands from './commands.ts';
import { chooseDevice } from './device-name.ts';
import { diskXml, portalOf } from './disk-xml.ts';
import { diskOf, viewInstance, type InstanceView } from './instance-view.ts';
import { mustListen } from './portal.ts';
import { defineSecret } from './secret.ts';

/** Two volumes that are plugged into one instance at once may choose the same name; the loser looks again. */
const nameRaces = 5;

/** Answers the device. Throws StorageError AttachRefused for an instance that is not there or has no room. */
export async function plug(on: LibvirtHost, step: StepContext, request: PlugRequest): Promise<{ device: string }> {
  const { instanceId, volumeId, chap } = request;
  let view = await viewForPlug(on, step, request);
  const auth = chap && {
    username: chap.username,
    secretUuid: await defineSecret(on, { instanceId, volumeId }, chap.password, step),
  };
  for (let race = 1; ; race += 1) {
    const places = missingPlaces(view, volumeId);
    const target = targetFor(view, request);
    if (places.length === 0) return { device: `/dev/${target}` };
    if (places.includes('--live') && request.connection.driver_volume_type === 'iscsi') {
      const { host, port } = portalOf(request);
      await mustListen(host, port, step.signal);
    }
    const content = diskXml({ volumeId, connection: request.connection, auth, target, readonly: request.readonly });
    try {
      const what = `plugging volume ${volumeId} into instance ${instanceId}`;
      await withInputFile(on, volumeId, content, (file) =>
        virsh(what, commands.attachDevice(on, instanceId, file, places), step),
      );
      return { device: `/dev/${target}` };
    } catch (error) {
      const lostRace = error instanceof StorageError && /target .* already exists/.test(error.message);
      if (!lostRace || race === nameRaces) throw error;
      view = await viewForPlug(on, step, request);
    }
  }
}

async function viewForPlug(
  on: LibvirtHost,
  step: StepContext,
  { instanceId, volumeId }: PlugRequest,
): Promise<InstanceView> {
  try {
    return await viewInstance(on, instanceId, step);
  } catch (error) {
    if (!(error instanceof StorageError && error.code === 'Missing')) throw error;
    // Nothing for an operator to mend: whoever asked named an instance that is gone or lives elsewhere.
    const message = `volume ${volumeId} cannot be attached: ${error.message}`;
    throw new StorageError('AttachRefused', message, { cause: error });
  }
}

/** Where the disk is still missing: a death between the two leaves it in one of them. */
function missingPlaces(view: InstanceView, volumeId: string): readonly commands.Place[] {
  return [
    ...(view.live && !diskOf(view.live, volumeId) ? ['--live' as const] : []),
    ...(view.config && !diskOf(view.config, volumeId) ? ['--config' as const] : []),
  ];
}

/** The name it has already, in either place; else the wished or the next free one in both. */
function targetFor(view: InstanceView, { volumeId, device }: PlugRequest): string {
  const present = diskOf(view.live, volumeId) ?? diskOf(view.config, volumeId);
  if (present) return present.target;
  return chooseDevice(new Set([...(view.live ?? []), ...(view.config ?? [])].map(({ target }) => target)), device);
}
