// Opens an RBD image as a file on this host, through QEMU's librbd.
import type { StepContext } from '../../step.ts';
import { clear, isShown, prepare, show, type Place } from '../shown-file.ts';
import { showImageAsFile, type ImageOnFile } from './commands.ts';
import { openError } from './parse.ts';

/** Open already is success. Throws Missing, PermissionDenied, Misconfigured, Unreachable, CommandMissing. */
export async function openImage(
  step: Pick<StepContext, 'signal'>,
  place: Place,
  image: Omit<ImageOnFile, 'mountpoint'>,
): Promise<{ readonly path: string }> {
  if (await isShown(place)) return { path: place.disk };
  await prepare(place);
  const what = `${image.pool}/${image.image}${image.snapshot === null ? '' : `@${image.snapshot}`}`;
  const argv = showImageAsFile({ ...image, mountpoint: place.disk });
  try {
    await show(step, place, { argv, what, errorOf: (log) => openError(log, what) });
  } catch (error) {
    await clear(place);
    throw error;
  }
  return { path: place.disk };
}
