// Makes a directory and its parents where they are missing.
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * As mkdir's `recursive`, which never ends where a directory cannot hold others, as below /proc. A file in the way is
 * ENOTDIR, as for any other path through a file.
 */
export async function makeDirectories(path: string, mode: number): Promise<void> {
  try {
    await makeOne(path, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeDirectories(dirname(path), mode);
    await makeOne(path, mode);
  }
}

async function makeOne(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // Its own slash makes a file fail with ENOTDIR.
    await mkdir(`${path}/.`, { mode }).catch((again: NodeJS.ErrnoException) => {
      if (again.code !== 'EEXIST') throw again;
    });
  }
}
