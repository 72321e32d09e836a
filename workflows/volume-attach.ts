// volumeAttach: export the volume, write down where, plug it into the running instance.
import { exportFor, placedHost, recordConnection } from './support/connection.ts';
import { operationWorkflow } from './support/operation.ts';

interface VolumeAttachInput {
  readonly volumeId: string;
  readonly attachmentId: string;
  readonly serverId: string;
  readonly computeHost: string;
  readonly device: string | null;
}

export const volumeAttach = operationWorkflow('volumeAttach', async (run) => {
  const { volumeId, attachmentId, serverId, computeHost, device } = run.input<VolumeAttachInput>();
  const { readonly } = run.volume(volumeId);
  const host = placedHost(run, volumeId);
  const connection = await exportFor(run, { volumeId, host, attachmentId, readonly });
  const connector = { host: computeHost };
  await recordConnection(run, { attachmentId, connection, connector });
  const plug = { instanceId: serverId, volumeId };
  run.undo('unplug it from the instance', () =>
    run.onComputeHost(computeHost, 'Unplug the volume', (on) => on.unplugVolume({ claim: run.claim, ...plug })),
  );
  const plugged = await run.onComputeHost(computeHost, `Plug the volume into server ${serverId}`, (on) =>
    on.plugVolume({ claim: run.claim, ...plug, connection, device, readonly }),
  );
  return { device: plugged.device };
});
