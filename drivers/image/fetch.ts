// Fetches an image from Glance onto this host: goes on where an earlier try stopped, and believes only what its hash says.
import { createHash, getHashes, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, stat, type FileHandle } from 'node:fs/promises';
import type { ImageAccess, ImageSource } from '../../domain/images.ts';
import { StorageError } from '../../domain/storage-errors.ts';
import { mustFit } from '../data/copy-file.ts';
import type { GlanceImages } from '../glance/images.ts';
import type { StepContext } from '../step.ts';
import { translateImageError, unacceptable } from './errors.ts';
import type { ImagePlace } from './place.ts';

export interface FetchRequest {
  readonly access: ImageAccess;
  readonly image: ImageSource;
  readonly volumeId: string;
  /** More than the volume holds is not fetched, whatever Glance says of the image's size. */
  readonly limitBytes: number;
}

/**
 * Answers the path of the whole image; fetched before is success. Throws ImageUnacceptable for one that is not there, is
 * larger than it says or has another hash; InsufficientSpace, naming the directory; Unreachable.
 */
export async function fetchImage(
  step: StepContext,
  glance: GlanceImages,
  place: ImagePlace,
  request: FetchRequest,
): Promise<string> {
  const { image, volumeId } = request;
  const whole = place.fetched(volumeId, image.id);
  try {
    await place.make();
    if (await stat(whole).catch(() => null)) return whole;
    await fetchRest(step, glance, place, request);
    await rename(place.coming(volumeId, image.id), whole);
    return whole;
  } catch (error) {
    step.signal.throwIfAborted();
    throw translateImageError(error, image.id, place.directory);
  }
}

async function fetchRest(
  step: StepContext,
  glance: GlanceImages,
  place: ImagePlace,
  { access, image, volumeId, limitBytes }: FetchRequest,
): Promise<void> {
  const path = place.coming(volumeId, image.id);
  const file = await open(path, 'a+', 0o600).then(async (made) => {
    await made.close();
    return open(path, 'r+');
  });
  try {
    const before = (await file.stat()).size;
    const total = image.sizeBytes ?? limitBytes;
    const origin = { option: 'image_conversion_dir', path: place.directory };
    mustFit(total - before, await place.freeBytes(), origin);
    const data = await glance.read(access, image.id, before, step.signal);
    const resumed = data.startBytes > 0;
    if (!resumed) await file.truncate(0);
    const expected = expectedHash(image);
    const hash = expected && createHash(expected.algorithm);
    if (resumed) await addFile(hash, path);
    const position = await receive(step, file, data.stream, { at: data.startBytes, total, hash, image });
    if (image.sizeBytes !== null && position < image.sizeBytes) {
      throw new StorageError('Unreachable', `image ${image.id}: Glance stopped at ${position} of ${total} bytes`);
    }
    const digest = hash?.digest('hex');
    if (digest === expected?.digest) return await file.sync();
    await file.truncate(0);
    const verdict = `Corrupt image download. Hash was ${digest} expected ${expected?.digest}`;
    // What lay there may have been damaged by the crash that it survived.
    throw resumed ? new StorageError('Internal', `image ${image.id}: ${verdict}`) : unacceptable(image.id, verdict);
  } finally {
    await file.close();
  }
}

interface Receiving {
  readonly at: number;
  readonly total: number;
  readonly hash: Hash | null;
  readonly image: ImageSource;
}

/** Writes what comes, leaving holes for zeros; answers how many bytes there are now. */
async function receive(
  step: StepContext,
  file: FileHandle,
  stream: AsyncIterable<Buffer>,
  { at, total, hash, image }: Receiving,
): Promise<number> {
  let position = at;
  for await (const chunk of stream) {
    step.signal.throwIfAborted();
    if (position + chunk.length > total)
      throw unacceptable(image.id, `it is larger than the ${total} bytes it claims.`);
    hash?.update(chunk);
    if (!isZero(chunk)) await writeAll(file, chunk, position);
    position += chunk.length;
    step.reportProgress(position, total);
  }
  await file.truncate(position);
  return position;
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}

const zeros = Buffer.alloc(1024 * 1024);
const isZero = (chunk: Buffer): boolean =>
  chunk.length <= zeros.length && chunk.equals(zeros.subarray(0, chunk.length));

async function addFile(hash: Hash | null, path: string): Promise<void> {
  if (hash === null) return;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
}

interface Expected {
  readonly algorithm: string;
  readonly digest: string;
}

/** The better of the two hashes that Glance knows; null for an image so old that it has none. */
export function expectedHash({ hashAlgorithm, hashValue, checksum }: ImageSource): Expected | null {
  if (hashAlgorithm !== null && hashValue !== null && getHashes().includes(hashAlgorithm)) {
    return { algorithm: hashAlgorithm, digest: hashValue };
  }
  return checksum === null ? null : { algorithm: 'md5', digest: checksum };
}
