// Volumes one at a time: how long until accepted, how long until available.
import type { Findings } from '../figures.ts';
import type { BenchOptions } from '../options.ts';
import type { Side } from '../side.ts';
import { median, quantile } from '../statistics.ts';
import { createVolume, CreationWatch, deleteVolumes, mustHaveNoErrors, type CreatedVolume } from '../volumes.ts';

export async function measureCreates(
  { work }: Side,
  { creates, pollMs, concurrency }: Pick<BenchOptions, 'creates' | 'pollMs' | 'concurrency'>,
): Promise<Findings> {
  const made: (CreatedVolume & { readonly availableAt: number })[] = [];
  for (let n = 0; n < creates; n += 1) {
    const volume = await createVolume(work, `one-${n}`);
    const watch = new CreationWatch(work, pollMs, 'one');
    watch.add(volume);
    const seen = await watch.untilAllAvailable(Promise.resolve());
    made.push({ ...volume, availableAt: seen.get(volume.id) ?? Number.NaN });
  }
  await mustHaveNoErrors(work);
  await deleteVolumes(
    work,
    made.map(({ id }) => id),
    concurrency,
  );
  const accept = made.map(({ acceptMs }) => acceptMs);
  return {
    acceptP50: median(accept),
    acceptP95: quantile(accept, 0.95),
    createP50: median(made.map(({ sentAt, availableAt }) => availableAt - sentAt)),
    availableP50: median(made.map(({ acceptedAt, availableAt }) => availableAt - acceptedAt)),
  };
}
