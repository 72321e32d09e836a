// Puts a fetched image's bytes onto a volume: raw ones are copied, others converted by qemu-img; holes stay holes.
import { stat } from 'node:fs/promises';
import { run } from '../../privileged/run.ts';
import { copyInto } from '../data/copy-into.ts';
import { translateFsError } from '../data/fs-errors.ts';
import type { StepContext } from '../step.ts';
import { imageToVolume, progressIn } from './commands.ts';
import type { LocalPath } from '../volume/driver.ts';
import { volumeFormatOf } from './formats.ts';
import type { InspectedImage } from './inspect.ts';

export interface WriteImageRequest {
  readonly imagePath: string;
  readonly image: InspectedImage;
  readonly volume: LocalPath;
  /** True when the volume reads as zeros wherever this very image has not been written. */
  readonly isBlank: boolean;
}

/** qemu-img tells every whole per cent: of a large volume on a slow disk one takes its time. */
const silenceTimeoutMs = 600_000;
const blockBytes = 512;

/** Repeating it is the repair. Throws InsufficientSpace, PermissionDenied, CommandMissing, CommandTimeout. */
export async function writeImage(step: StepContext, request: WriteImageRequest): Promise<void> {
  const { imagePath, image, volume, isBlank } = request;
  const { virtualSizeBytes } = image;
  if (image.format === 'raw' && volume.kind !== 'qcow2') {
    const copy = {
      sourcePath: imagePath,
      targetPath: volume.path,
      sizeBytes: virtualSizeBytes,
      targetIsBlank: isBlank,
    };
    return copyInto(step, copy);
  }
  const from = { path: imagePath, format: image.format };
  const to = { path: volume.path, format: volumeFormatOf(volume) };
  try {
    await run(imageToVolume(from, to, isBlank), {
      silenceTimeoutMs,
      signal: step.signal,
      lockFd: step.lockFd,
      endsWithParent: true,
      watch: async () => (await stat(volume.path)).blocks * blockBytes,
      onOutput: (text) => {
        const part = progressIn(text);
        if (part !== null) step.reportProgress(Math.round(part * virtualSizeBytes), virtualSizeBytes);
      },
    });
  } catch (error) {
    throw translateFsError(error, { option: 'the volume', path: volume.path });
  }
}
