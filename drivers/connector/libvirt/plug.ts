// Plugs a volume into an instance, into the running one and into its definition, from whatever state it finds.
import { join } from 'node:path';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { StepContext } from '../../step.ts';
import type { ConnectionInfo } from '../../target/target.ts';
import type { PlugRequest } from '../instance.ts';
import { virsh, withInputFile, type LibvirtHost } from './client.ts';
import * as commands from './commands.ts';
import { chooseDevice } from './device-name.ts';
import { mountImage } from '../nfs/driver.ts';
import { diskXml, monitorsOf, portalOf, type DiskConnection } from './disk-xml.ts';
import { diskOf, viewInstance, type InstanceView } from './instance-view.ts';
import { mustListen, oneMonitorMustListen } from './portal.ts';
import { defineSecret } from './secret.ts';

/** Two volumes that are plugged into one instance at once may choose the same name; the loser looks again. */
const nameRaces = 5;

/** Answers the device. Throws StorageError AttachRefused for an instance that is not there or has no room. */
export async function plug(on: LibvirtHost, step: StepContext, request: PlugRequest): Promise<{ device: string }> {
  const { instanceId, volumeId, chap } = request;
  const connection = await onThisHost(on, step, request.connection);
  let view = await viewForPlug(on, step, request);
  const auth = chap && {
    username: chap.username,
    secretUuid: await defineSecret(on, { instanceId, volumeId }, chap.password, step),
  };
  for (let race = 1; ; race += 1) {
    const places = missingPlaces(view, volumeId);
    const target = targetFor(view, request);
    if (places.length === 0) return { device: `/dev/${target}` };
    if (places.includes('--live')) await mustAnswer({ volumeId, connection }, step.signal);
    const content = diskXml({ volumeId, connection, auth, target, readonly: request.readonly });
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

/** Before QEMU is asked to connect, which holds up its monitor. */
async function mustAnswer(
  spec: { readonly volumeId: string; readonly connection: DiskConnection },
  signal: AbortSignal,
): Promise<void> {
  const protocol = spec.connection.driver_volume_type;
  if (protocol === 'rbd') await oneMonitorMustListen(monitorsOf(spec), signal);
  if (protocol !== 'iscsi') return;
  const { host, port } = portalOf(spec);
  await mustListen(host, port, signal);
}

/** QEMU opens a file of a share that is mounted here; whoever it runs as must be let in by the share. */
async function onThisHost(on: LibvirtHost, step: StepContext, connection: ConnectionInfo): Promise<DiskConnection> {
  if (connection.driver_volume_type !== 'nfs') return connection as DiskConnection;
  const { path, format } = await mountImage(connection, join(on.workDirectory, 'shares'), [], step.signal);
  return { driver_volume_type: 'local', data: { device_path: path, format } };
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
