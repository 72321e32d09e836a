// volumeReimage: fetch and check the image, then write it over the volume's bytes.
import type { FetchImageRequest } from '../activities/image.ts';
import { placedHost } from './support/connection.ts';
import { fetchImage, writeImage } from './support/image.ts';
import { operationWorkflow } from './support/operation.ts';

interface VolumeReimageInput {
  readonly volumeId: string;
  readonly image: FetchImageRequest['image'];
}

export const volumeReimage = operationWorkflow('volumeReimage', async (run) => {
  const { volumeId, image } = run.input<VolumeReimageInput>();
  const wish = { host: placedHost(run, volumeId), volumeId, image };
  await fetchImage(run, wish);
  await run.passPointOfNoReturn();
  await writeImage(run, wish, false);
  return {};
});
