// Bringing an image onto a volume: fetched and checked first, then written.
import type { FetchImageRequest } from '../../activities/image.ts';
import type { OperationRun } from './run.ts';

export interface ImageOnVolume {
  /** host@backend#pool of the volume. */
  readonly host: string;
  readonly volumeId: string;
  readonly image: FetchImageRequest['image'];
}

const requestOf = (run: OperationRun, { volumeId, image }: ImageOnVolume): FetchImageRequest => ({
  claim: run.claim,
  volume: { id: volumeId, sizeGib: run.volume(volumeId).sizeGib },
  image,
});

/** Fetches and checks it on the volume's host. A user's error, such as an image that does not fit, comes here. */
export async function fetchImage(run: OperationRun, wish: ImageOnVolume): Promise<void> {
  const { host, volumeId, image } = wish;
  run.undo('forget the fetched image', () =>
    run.onVolumeHost(host, 'Forget the fetched image', (on) => on.forgetImage({ claim: run.claim, volumeId })),
  );
  await run.onVolumeHost(host, `Fetch image ${image.id}`, (on) => on.fetchImage(requestOf(run, wish)));
}

/** Writes it onto the volume. */
export async function writeImage(run: OperationRun, wish: ImageOnVolume, isNew: boolean): Promise<void> {
  await run.onVolumeHost(wish.host, `Write image ${wish.image.id}`, (on) =>
    on.writeImage({ ...requestOf(run, wish), isNew }),
  );
}
