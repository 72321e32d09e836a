// Makes a file appear under its name only when it is whole.
//
// A file's mark of ownership is its name while it is being made: `.partial/<name>.<operation>.<epoch>`, renamed at the
// end. A name cannot be lost or disagree with its file, as a sidecar can between two writes, and Node cannot write
// extended attributes. Whatever lies in .partial/ for an object when its host lock is taken belongs to a dead attempt.
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { StepContext } from '../../step.ts';
import { partialDirectory, partialName } from './names.ts';

/** Lets `fill` make the file (it may create or overwrite it), gives it `sizeBytes`, syncs it and gives it its name. */
export async function makeWhole(
  step: StepContext,
  directory: string,
  name: string,
  sizeBytes: number,
  fill: (partialPath: string) => Promise<void>,
): Promise<void> {
  const partials = join(directory, partialDirectory);
  await makePartialDirectory(partials);
  await removePartials(directory, name);
  const partial = join(partials, partialName(name, step.operationId, step.epoch));
  try {
    await fill(partial);
    await growFile(partial, sizeBytes);
    step.signal.throwIfAborted();
    await rename(partial, join(directory, name));
    await syncDirectory(directory);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Never its parent: where that is missing, a mount has gone, and what is written there now would be lost from sight. */
async function makePartialDirectory(partials: string): Promise<void> {
  await mkdir(partials, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

/** Removes what dead attempts at making `name` left. Only few files are ever in the directory: those being made now. */
export async function removePartials(directory: string, name: string): Promise<void> {
  const partials = join(directory, partialDirectory);
  const names = await readdir(partials).catch(() => []);
  const dead = names.filter((candidate) => candidate.startsWith(`${name}.`));
  await Promise.all(dead.map((candidate) => rm(join(partials, candidate), { force: true })));
}

/** Creates the file if it is missing, gives it `sizeBytes` if it is smaller, and waits until that is on the disk. */
export async function growFile(path: string, sizeBytes: number): Promise<void> {
  const file = await open(path, 'a', 0o600);
  try {
    if ((await file.stat()).size < sizeBytes) await file.truncate(sizeBytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Removes a file so that it stays removed after a power cut; not there is success. */
export async function removeWhole(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncDirectory(dirname(path));
}

/** Makes what was renamed or removed in a directory last through a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
