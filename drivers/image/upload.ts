// Sends a volume's bytes to Glance as an image's data, and looks whether they have arrived: half an image never stays.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import type { Image, ImageAccess, ImageTarget } from '../../domain/images.ts';
import { StorageError } from '../../domain/storage-errors.ts';
import { run } from '../../privileged/run.ts';
import type { GlanceImages } from '../glance/images.ts';
import type { StepContext } from '../step.ts';
import type { LocalPath } from '../volume/driver.ts';
import { progressIn, volumeToImage } from './commands.ts';
import { notFound, translateImageError, unacceptable } from './errors.ts';
import { expectedHash } from './fetch.ts';
import { qemuFormatOf, volumeFormatOf } from './formats.ts';
import type { ImageOptions } from './options.ts';
import type { ImagePlace } from './place.ts';

export interface UploadRequest {
  readonly access: ImageAccess;
  readonly image: ImageTarget;
  readonly volumeId: string;
  /** Bytes that nobody writes meanwhile. */
  readonly source: LocalPath;
  readonly sizeBytes: number;
}

interface Bytes {
  readonly path: string;
  readonly lengthBytes: number;
}

const silenceTimeoutMs = 600_000;
const readBytes = 1024 * 1024;
/** Glance may have to copy what it has received before it answers. */
const stallTimeoutMs = 900_000;
/** Formats that `image_compress_on_upload` is for. */
const compressible: ReadonlySet<string> = new Set(['qcow2']);

/**
 * The image is active with exactly the volume's bytes when this returns; that already is success. One that an attempt
 * cut off has left active with other bytes is removed. Throws ImageUnacceptable, Busy, Unreachable, InsufficientSpace.
 */
export async function uploadImage(
  step: StepContext,
  glance: GlanceImages,
  place: ImagePlace,
  options: ImageOptions,
  request: UploadRequest,
): Promise<void> {
  const { access, image } = request;
  try {
    const before = await mustBeUploadable(glance, access, image.id);
    const bytes = await bytesFor(step, place, options, request);
    const digest = before.status === 'active' ? null : await send(step, glance, request, bytes);
    await mustBeWhole(step, glance, access, { imageId: image.id, bytes, digest });
    await place.forget(request.volumeId);
  } catch (error) {
    step.signal.throwIfAborted();
    throw translateImageError(error, image.id, place.directory);
  }
}

async function mustBeUploadable(glance: GlanceImages, access: ImageAccess, id: string): Promise<Image> {
  const image = await glance.show(access, id);
  if (image === null) throw notFound(id);
  if (image.status === 'saving') {
    throw new StorageError('Busy', `image ${id}: Glance still takes what an earlier attempt was sending`);
  }
  if (image.status !== 'queued' && image.status !== 'active') throw unacceptable(id, `it is ${image.status}`);
  return image;
}

/** The volume's own bytes, or a converted copy of them. */
async function bytesFor(
  step: StepContext,
  place: ImagePlace,
  options: ImageOptions,
  { image, volumeId, source, sizeBytes }: UploadRequest,
): Promise<Bytes> {
  const format = qemuFormatOf(image.diskFormat);
  if (format === 'raw' && source.kind !== 'qcow2') return { path: source.path, lengthBytes: sizeBytes };
  await place.make();
  const path = place.converted(volumeId, image.id);
  await rm(path, { force: true });
  const compress = options.compressOnUpload && compressible.has(format);
  await run(volumeToImage({ path: source.path, format: volumeFormatOf(source) }, { path, format }, compress), {
    silenceTimeoutMs,
    signal: step.signal,
    lockFd: step.lockFd,
    endsWithParent: true,
    watch: async () => (await stat(path).catch(() => ({ size: 0 }))).size,
    onOutput: (text) => {
      const part = progressIn(text);
      if (part !== null) step.reportProgress(Math.round(part * sizeBytes), sizeBytes);
    },
  });
  return { path, lengthBytes: (await stat(path)).size };
}

/** Answers the hash of what has been sent. */
async function send(
  step: StepContext,
  glance: GlanceImages,
  { access, image }: UploadRequest,
  { path, lengthBytes }: Bytes,
): Promise<string> {
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(stallOf(image.id)), stallTimeoutMs);
  const hash = createHash('sha512');
  const file = createReadStream(path, { end: lengthBytes - 1, highWaterMark: readBytes });
  let sent = 0;
  file.on('data', (chunk) => {
    hash.update(chunk);
    sent += chunk.length;
    timer.refresh();
    step.reportProgress(sent, lengthBytes);
  });
  file.pause();
  try {
    await glance.write(access, image.id, file, lengthBytes, AbortSignal.any([step.signal, stalled.signal]));
    return hash.digest('hex');
  } catch (error) {
    throw stalled.signal.aborted ? stalled.signal.reason : error;
  } finally {
    clearTimeout(timer);
    file.destroy();
  }
}

const stallOf = (imageId: string): StorageError =>
  new StorageError('Unreachable', `image ${imageId}: Glance took nothing for ${stallTimeoutMs / 1000} s`);

/** Throws ImageUnacceptable, the image removed, unless Glance has every byte. */
async function mustBeWhole(
  step: StepContext,
  glance: GlanceImages,
  access: ImageAccess,
  { imageId, bytes, digest }: { imageId: string; bytes: Bytes; digest: string | null },
): Promise<void> {
  const image = await glance.show(access, imageId);
  if (image === null) throw notFound(imageId);
  if (image.status === 'active' && (await hasBytes(step, image, bytes, digest))) return;
  await glance.remove(access, imageId);
  throw unacceptable(imageId, 'it did not arrive whole in Glance and was removed');
}

async function hasBytes(step: StepContext, image: Image, bytes: Bytes, digest: string | null): Promise<boolean> {
  if (image.sizeBytes !== bytes.lengthBytes) return false;
  const expected = expectedHash(image);
  if (expected === null) return true;
  if (digest !== null && expected.algorithm === 'sha512') return digest === expected.digest;
  const hash = createHash(expected.algorithm);
  let done = 0;
  const { path, lengthBytes } = bytes;
  for await (const chunk of createReadStream(path, { end: lengthBytes - 1, highWaterMark: readBytes })) {
    step.signal.throwIfAborted();
    hash.update(chunk as Buffer);
    done += (chunk as Buffer).length;
    step.reportProgress(done, lengthBytes);
  }
  return hash.digest('hex') === expected.digest;
}
