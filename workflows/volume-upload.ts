// volumeUpload: freeze the bytes (a temporary snapshot when the volume is in use), send them to Glance, let go.
import type { UploadVolumeRequest } from '../activities/image.ts';
import { placedHost } from './support/connection.ts';
import { freeze } from './support/freeze.ts';
import { operationWorkflow } from './support/operation.ts';

interface VolumeUploadInput {
  readonly volumeId: string;
  readonly imageId: string;
  readonly diskFormat: string;
}

export const volumeUpload = operationWorkflow('volumeUpload', async (run) => {
  const { volumeId, imageId, diskFormat } = run.input<VolumeUploadInput>();
  const host = placedHost(run, volumeId);
  const volume = { id: volumeId, sizeGib: run.volume(volumeId).sizeGib };
  // Glance has the image already, without data: the request has made it.
  run.undo('remove the image', () =>
    run.onVolumeHost(host, 'Remove the image', (on) => on.removeImage({ claim: run.claim, volumeId, imageId })),
  );
  const frozen = await freeze(run, { volumeId, snapshotId: null, host, temporaryId: run.operationId });
  const image: UploadVolumeRequest['image'] = { id: imageId, diskFormat };
  await run.onVolumeHost(host, `Upload ${volume.sizeGib} GiB as ${diskFormat} to image ${imageId}`, (on) =>
    on.uploadVolume({ claim: run.claim, volume, snapshot: frozen.snapshot, image }),
  );
  await frozen.thaw();
  return { imageId };
});
