// The command lines on NFS shares. Whatever touches a share is a command: one that hangs can be ended, a thread cannot.
import type { Argv } from '../../privileged/argv.ts';

/** As root. `nosuid,nodev` stand last and so win: nothing on a storage share may be more than data. */
export function mountShare(share: string, path: string, options: string | null): Argv {
  return ['mount', '-t', 'nfs', '-o', `${options === null ? '' : `${options},`}nosuid,nodev`, share, path];
}

/** As root, for tests and for shares that are no longer configured. */
export const unmountShare = (path: string): Argv => ['umount', '--force', '--lazy', path];

/** Asks the server: its answer is never cached. */
export const fileSystemOf = (path: string): Argv => ['stat', '--file-system', '--format=%S %b %f %a', '--', path];

/** `type|size|blocks of 512|mode|name`, a line for each. */
export const statusOf = (paths: readonly string[]): Argv => ['stat', '--format=%F|%s|%b|%a|%n', '--', ...paths];

export const makeDirectory = (path: string): Argv => ['mkdir', '--parents', '--mode=770', '--', path];
export const removeDirectory = (path: string): Argv => ['rmdir', '--', path];
export const removeFiles = (paths: readonly string[]): Argv => ['rm', '--force', '--', ...paths];
export const renameFile = (from: string, to: string): Argv => ['mv', '--no-target-directory', '--', from, to];
export const setMode = (path: string, mode: string): Argv => ['chmod', mode, '--', path];

/** Names of the plain files in a directory, each with a NUL behind it. */
export const listFiles = (directory: string): Argv => [
  ...(['find', directory, '-maxdepth', '1', '-type', 'f', '-printf', '%f\\0'] as const),
];

/** `prefix` holds nothing that find takes for a pattern. */
export const removeBeginningWith = (directory: string, prefix: string): Argv => [
  ...(['find', directory, '-maxdepth', '1', '-type', 'f', '-name', `${prefix}*`, '-delete'] as const),
];

/** Standard input becomes the file, blocks of zeros become holes, and it is on the server's disk when dd ends. */
export const writeFile = (path: string): Argv => [
  ...(['dd', `of=${path}`, 'bs=1M', 'iflag=fullblock', 'conv=sparse,fsync', 'status=none'] as const),
];
export const readFile = (path: string): Argv => ['dd', `if=${path}`, 'bs=1M', 'status=none'];
