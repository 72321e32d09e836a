// qemu-img's command lines. A format is always said: what a guest has written must never decide how its disk is read.
import type { Argv } from '../../../privileged/argv.ts';

export type ImageFormat = 'raw' | 'qcow2';

export interface ImageFile {
  readonly path: string;
  readonly format: ImageFormat;
}

/** --force-share: also of a disk that an instance has open. */
export const imageInfo = ({ path, format }: ImageFile): Argv => [
  ...(['qemu-img', 'info', '--output=json', '--force-share', '-f', format, path] as const),
];

/** `isThick` takes the space at once. */
export function createImage({ path, format }: ImageFile, sizeBytes: number, isThick: boolean): Argv {
  const preallocation = isThick ? (['-o', 'preallocation=full'] as const) : [];
  return ['qemu-img', 'create', '-q', '-f', format, ...preallocation, path, String(sizeBytes)];
}

/** `backing` is a name in the same directory, and stays one wherever the share is mounted. */
export const createOverlay = (path: string, backing: ImageFile, sizeBytes: number): Argv => [
  ...([
    'qemu-img',
    'create',
    '-q',
    '-f',
    'qcow2',
    '-b',
    backing.path,
    '-F',
    backing.format,
    path,
    `${sizeBytes}`,
  ] as const),
];

/** Prints its progress in percent. `-t writeback`: when it ends, all is on the server's disk. */
export const copyImage = (from: ImageFile, to: ImageFile): Argv => [
  ...([
    'qemu-img',
    'convert',
    '-p',
    '-t',
    'writeback',
    '-f',
    from.format,
    '-O',
    to.format,
    from.path,
    to.path,
  ] as const),
];

/** Never shrinks without being told to. */
export const growImage = ({ path, format }: ImageFile, sizeBytes: number): Argv => [
  ...(['qemu-img', 'resize', '-q', '-f', format, path, String(sizeBytes)] as const),
];

/** Writes what is in the overlay into its backing file; the overlay stays as it is. */
export const commitOverlay = (path: string): Argv => ['qemu-img', 'commit', '-p', '-d', '-f', 'qcow2', path];

/** Only the overlay's head is changed: the new backing file has the bytes of the old one already. */
export const rebaseOverlay = (path: string, backing: ImageFile): Argv => [
  ...(['qemu-img', 'rebase', '-u', '-f', 'qcow2', '-b', backing.path, '-F', backing.format, path] as const),
];

/** Bytes that the files seem to have, snapshots left out as Cinder does. */
export const allocatedBytes = (directory: string): Argv => [
  ...(['du', '--summarize', '--bytes', '--exclude=*snapshot*', '--', directory] as const),
];
