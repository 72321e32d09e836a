// volumeDetach: unplug the volume from the instance (flushed), then take the export away.
import { placedHost, removeExportUnlessUsed } from './support/connection.ts';
import { operationWorkflow } from './support/operation.ts';

interface VolumeDetachInput {
  readonly volumeId: string;
  readonly attachmentId: string;
  readonly serverId: string;
  readonly computeHost: string;
}

export const volumeDetach = operationWorkflow('volumeDetach', async (run) => {
  const { volumeId, attachmentId, serverId, computeHost } = run.input<VolumeDetachInput>();
  await run.onComputeHost(computeHost, `Unplug the volume from server ${serverId}`, (on) =>
    on.unplugVolume({ claim: run.claim, instanceId: serverId, volumeId }),
  );
  await removeExportUnlessUsed(run, { volumeId, host: placedHost(run, volumeId), attachmentId });
  return {};
});
