// Finds out whether a directory's file system clones files without copying them.
import { constants } from 'node:fs';
import { copyFile, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Tries it in `directory`, or in the nearest parent that exists; false where nothing can be written. */
export async function canCloneFiles(directory: string): Promise<boolean> {
  let existing = directory;
  while (!(await stat(existing).catch(() => null))) existing = dirname(existing);
  const work = await mkdtemp(join(existing, '.scoria-probe-')).catch(() => null);
  if (work === null) return false;
  try {
    await writeFile(join(work, 'a'), 'x'.repeat(4096));
    await copyFile(join(work, 'a'), join(work, 'b'), constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch {
    return false;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
