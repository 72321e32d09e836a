// The command lines of images: qemu-img looks and converts, prlimit keeps looking cheap.
import type { Argv } from '../../privileged/argv.ts';

/** A file with qemu-img's name of its format, which is always said: a guest's bytes must not decide it. */
export interface FormattedFile {
  readonly path: string;
  readonly format: string;
}

/** Looks into an image of a known format, within limits: a made-up image can make qemu-img allocate without end. */
export const imageInfo = (
  path: string,
  format: string,
  limits: { readonly cpuS: number; readonly addressSpaceBytes: number },
): Argv => [
  'prlimit',
  `--cpu=${limits.cpuS}`,
  `--as=${limits.addressSpaceBytes}`,
  '--',
  'qemu-img',
  'info',
  '--output=json',
  '-f',
  format,
  path,
];

/** Writes an image's bytes over what is there. `isBlank`: that reads as zeros, so that zeros need not be written. */
export const imageToVolume = (image: FormattedFile, volume: FormattedFile, isBlank: boolean): Argv => [
  'qemu-img',
  'convert',
  '-p',
  '-n',
  ...(isBlank ? ['--target-is-zero'] : []),
  '-f',
  image.format,
  '-O',
  volume.format,
  image.path,
  volume.path,
];

/** Makes an image of a volume's bytes. */
export const volumeToImage = (volume: FormattedFile, image: FormattedFile, compress: boolean): Argv => [
  'qemu-img',
  'convert',
  '-p',
  ...(compress ? ['-c'] : []),
  '-f',
  volume.format,
  '-O',
  image.format,
  volume.path,
  image.path,
];

/** What qemu-img's `-p` has printed last, as a part of 1; null where it has printed none. */
export function progressIn(output: string): number | null {
  const all = [...output.matchAll(/\((\d+(?:\.\d+)?)\/100%\)/g)];
  const percent = all.at(-1)?.[1];
  return percent === undefined ? null : Math.min(1, Number(percent) / 100);
}
