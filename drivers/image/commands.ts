// The command lines of images: qemu-img looks and converts, prlimit keeps looking cheap.
import type { Argv } from '../../privileged/argv.ts';

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
export const imageToVolume = (image: { path: string; format: string }, volumePath: string, isBlank: boolean): Argv => [
  'qemu-img',
  'convert',
  '-p',
  '-n',
  ...(isBlank ? ['--target-is-zero'] : []),
  '-f',
  image.format,
  '-O',
  'raw',
  image.path,
  volumePath,
];

/** Makes an image of a volume's bytes. */
export const volumeToImage = (volumePath: string, image: { path: string; format: string }, compress: boolean): Argv => [
  'qemu-img',
  'convert',
  '-p',
  ...(compress ? ['-c'] : []),
  '-f',
  'raw',
  '-O',
  image.format,
  volumePath,
  image.path,
];

/** What qemu-img's `-p` has printed last, as a part of 1; null where it has printed none. */
export function progressIn(output: string): number | null {
  const all = [...output.matchAll(/\((\d+(?:\.\d+)?)\/100%\)/g)];
  const percent = all.at(-1)?.[1];
  return percent === undefined ? null : Math.min(1, Number(percent) / 100);
}
