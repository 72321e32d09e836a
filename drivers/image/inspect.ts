// Looks at a fetched image before anything is made of it: is it what it claims, does it fit, does it name other files?
import { open } from 'node:fs/promises';
import { z } from 'zod';
import { virtualSizeProblem, type ImageSource } from '../../domain/images.ts';
import { StorageError } from '../../domain/storage-errors.ts';
import { CommandFailedError, run } from '../../privileged/run.ts';
import { imageInfo } from './commands.ts';
import { unacceptable } from './errors.ts';
import { qemuFormatOf, readHead, readQcow2Head } from './formats.ts';
import type { ImageOptions } from './options.ts';

export interface InspectedImage {
  /** qemu-img's name. */
  readonly format: string;
  readonly virtualSizeBytes: number;
}

const info = z.object({
  'virtual-size': z.number(),
  'backing-filename': z.string().optional(),
  'format-specific': z
    .object({ data: z.looseObject({ 'data-file': z.string().optional(), 'create-type': z.string().optional() }) })
    .optional(),
});

const bytesPerGib = 1024 ** 3;
const infoTimeoutMs = 120_000;

/**
 * Throws ImageUnacceptable, in Cinder's words: another format than it claims, larger than the volume, a backing or data
 * file, a VMDK of a kind that is not allowed, or one that cannot be read within the limits.
 */
export async function inspectImage(
  path: string,
  image: ImageSource,
  sizeGib: number,
  options: ImageOptions,
): Promise<InspectedImage> {
  const claimed = qemuFormatOf(image.diskFormat ?? 'raw');
  refuseByPolicy(image, claimed, options);
  const file = await open(path, 'r');
  try {
    const { format, bytes } = await readHead(file, claimed);
    if (format !== claimed) {
      const what = `The image format was claimed to be '${claimed}' but the image data appears to be in a different format.`;
      throw unacceptable(image.id, what);
    }
    const { size } = await file.stat();
    const inspected = { format, virtualSizeBytes: size };
    if (format === 'raw') return fitting(image.id, inspected, sizeGib);
    // What can be seen without a parser is refused without one.
    if (format === 'qcow2') refuseQcow2(image.id, bytes, sizeGib);
    if (format === 'vmdk' && !bytes.subarray(0, 4).equals(Buffer.from('KDMV'))) throw vmdkOfOtherKind(image.id);
  } finally {
    await file.close();
  }
  return fitting(image.id, await askQemu(path, image.id, claimed, options), sizeGib);
}

function refuseByPolicy(image: ImageSource, claimed: string, { conversionDisabled }: ImageOptions): void {
  if (image.containerFormat === 'compressed') {
    const reason = 'Image compression disallowed, but container_format is compressed.';
    throw unacceptable(image.id, reason);
  }
  if (!conversionDisabled || claimed === 'raw') return;
  const reason =
    'Image conversion is disabled. The volume type you have requested requires that the image it is being created from ' +
    `be in 'raw' format, but the image you are using has the disk_format property '${image.diskFormat}'. You must use ` +
    "an image with the disk_format property 'raw' to create a volume of this type.";
  throw new StorageError('ImageUnacceptable', `Image Conversion disallowed for image ${image.id}: ${reason}`);
}

function refuseQcow2(imageId: string, bytes: Buffer, sizeGib: number): void {
  const head = readQcow2Head(bytes);
  if (head === null) throw unacceptable(imageId, "'qemu-img info' parsing failed.");
  if (head.hasBackingFile) throw unacceptable(imageId, 'fmt=qcow2 backed by another file');
  if (head.hasDataFile) throw unacceptable(imageId, 'A qcow2 format image is not allowed to have a data file');
  fitting(imageId, { format: 'qcow2', virtualSizeBytes: head.virtualSizeBytes }, sizeGib);
}

const vmdkOfOtherKind = (imageId: string): StorageError => unacceptable(imageId, 'Invalid VMDK create-type specified');

function fitting(imageId: string, image: InspectedImage, sizeGib: number): InspectedImage {
  const problem = virtualSizeProblem(image.virtualSizeBytes, sizeGib);
  if (problem !== null) throw unacceptable(imageId, problem);
  return image;
}

async function askQemu(path: string, imageId: string, format: string, options: ImageOptions): Promise<InspectedImage> {
  const limits = {
    cpuS: options.introspectionCpuLimitS,
    addressSpaceBytes: options.introspectionAddressSpaceGib * bytesPerGib,
  };
  const { stdout } = await run(imageInfo(path, format, limits), { silenceTimeoutMs: infoTimeoutMs }).catch(
    (error: unknown) => {
      // qemu-img cannot read it, or the kernel has ended it at a limit.
      const isTheImages = error instanceof CommandFailedError || isCutOff(error);
      throw isTheImages ? unacceptable(imageId, "'qemu-img info' parsing failed.") : error;
    },
  );
  const found = info.parse(JSON.parse(stdout));
  const specific = found['format-specific']?.data;
  const backing = found['backing-filename'];
  if (backing !== undefined) throw unacceptable(imageId, `fmt=${format} backed by:${backing}`);
  if (specific?.['data-file'] !== undefined) {
    throw unacceptable(imageId, 'A qcow2 format image is not allowed to have a data file');
  }
  if (format === 'vmdk' && !options.vmdkAllowedTypes.includes(specific?.['create-type'] ?? '')) {
    throw vmdkOfOtherKind(imageId);
  }
  return { format, virtualSizeBytes: found['virtual-size'] };
}

const isCutOff = (error: unknown): boolean =>
  error instanceof StorageError && ['CommandFailed', 'CommandTimeout', 'UnexpectedOutput'].includes(error.code);
