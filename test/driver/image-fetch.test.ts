// Fetching images from a real Glance: one that breaks off, and into a directory that is too small.
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchImage } from '../../drivers/image/fetch.ts';
import { ImagePlace } from '../../drivers/image/place.ts';
import { run } from '../../privileged/run.ts';
import { startGlance, type EmbeddedGlance } from '../../workers/embedded/glance.ts';
import { eventually } from '../support/eventually.ts';
import { accessTo, createLabImages, type LabImages } from '../support/lab-images.ts';
import { startRelay } from '../support/relay.ts';
import { newStep, scratchDirectory } from './support/step.ts';

const mib = 1024 ** 2;
const silenceTimeoutMs = 10_000;
const [scratch, glanceDirectory] = [await scratchDirectory(), await scratchDirectory()];
const reason = await run(['mount', '-t', 'tmpfs', '-o', 'size=8m', 'none', scratch.path], { silenceTimeoutMs }).then(
  () => null,
  (error: unknown) => String(error),
);
if (reason !== null) console.warn(`tests of a full conversion directory skipped: ${reason}`);

/** Takes all the room that there is. */
function fill(path: string): void {
  try {
    writeFileSync(path, Buffer.alloc(8 * mib, 1));
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  }
}

let glance: EmbeddedGlance;
let images: LabImages;

beforeAll(async () => {
  glance = await startGlance({ directory: glanceDirectory.path });
  images = createLabImages(glance.url);
}, 180_000);

afterAll(async () => {
  if (reason === null) await run(['umount', scratch.path], { silenceTimeoutMs });
  await images?.close();
  await glance?.stop();
  await scratch.remove();
  await glanceDirectory.remove();
});

describe.skipIf(reason !== null)('with 8 MiB for images', () => {
  const place = new ImagePlace(scratch.path);
  const full = {
    code: 'InsufficientSpace',
    message: expect.stringContaining(`${scratch.path} (option image_conversion_dir)`),
  };

  it('one that cannot fit is refused before a byte is fetched, naming the directory', async () => {
    const image = await images.add(randomBytes(16 * mib));
    const wish = { access: images.access, image, volumeId: randomUUID(), limitBytes: 1024 * mib };
    await expect(fetchImage(newStep(), images.glance, place, wish)).rejects.toMatchObject(full);
    await place.forget(wish.volumeId);
    expect(await readdir(scratch.path)).toEqual([]);
  });

  it('one that is in the way of something else while it comes says the same, and goes on later', async () => {
    const data = randomBytes(6 * mib);
    const image = await images.add(data);
    const wish = { access: images.access, image, volumeId: randomUUID(), limitBytes: 1024 * mib };
    const other = join(scratch.path, 'other');
    // At once, before the next bytes can come.
    const step = newStep({ reportProgress: (done) => (done > mib && !existsSync(other) ? fill(other) : undefined) });
    await expect(fetchImage(step, images.glance, place, wish)).rejects.toMatchObject(full);
    await run(['rm', other], { silenceTimeoutMs });
    const path = await fetchImage(newStep(), images.glance, place, wish);
    expect(await fetchImage(newStep(), images.glance, place, wish)).toBe(path);
    await place.forget(wish.volumeId);
    expect(await readdir(scratch.path)).toEqual([]);
  });
});

it('a Glance that breaks off is asked again for the rest', async () => {
  const place = new ImagePlace(join(glanceDirectory.path, 'fetched'));
  const data = randomBytes(6 * mib);
  const image = await images.add(data);
  const relay = await startRelay(glance.url);
  relay.holdAfter({ direction: 'down', bytes: 2 * mib });
  const wish = { access: accessTo(relay), image, volumeId: randomUUID(), limitBytes: 1024 * mib };
  const outcome = fetchImage(newStep(), images.glance, place, wish).then(
    () => null,
    (error: unknown) => error,
  );
  await eventually(() => expect(relay.isHolding()).toBe(true));
  await relay.stop();
  expect(await outcome).toMatchObject({ code: 'Unreachable', message: expect.stringContaining('stopped sending') });
  const done: number[] = [];
  const step = newStep({ reportProgress: (bytes) => void done.push(bytes) });
  const path = await fetchImage(step, images.glance, place, { ...wish, access: images.access });
  expect((await readFile(path)).equals(data)).toBe(true);
  expect(done[0]).toBeGreaterThan(mib);
});
