// Removes lock files of resources that nobody has worked on for a long time.
import { open, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isUuid } from '../domain/ids.ts';
import { tryFileLock } from './file-lock.ts';

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Deletes lock files not used for `unusedDays` and answers how many. A file is its resource's fence: keep it longer
 * than any workflow's retention, after which no overtaken step can come any more.
 */
export async function pruneLocks(stateDir: string, unusedDays: number): Promise<number> {
  const directory = join(stateDir, 'locks');
  const oldest = Date.now() - unusedDays * dayMs;
  let pruned = 0;
  for (const name of (await readdir(directory).catch(() => [])).filter(isUuid)) {
    if (await pruneOne(join(directory, name), oldest)) pruned += 1;
  }
  return pruned;
}

/** Deletes only under the lock; who opened the file before notices that it is gone (file-lock.ts). */
async function pruneOne(path: string, oldestMs: number): Promise<boolean> {
  const isOld = async (): Promise<boolean> => ((await stat(path).catch(() => null))?.mtimeMs ?? Infinity) < oldestMs;
  if (!(await isOld())) return false;
  const file = await open(path, 'r+');
  try {
    if (!(await tryFileLock(file.fd, 0)) || !(await isOld())) return false;
    await unlink(path);
    return true;
  } finally {
    await file.close();
  }
}
