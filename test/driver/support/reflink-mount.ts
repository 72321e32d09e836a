// A small file system with reflinks, or the reason why this machine has none.
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../../../privileged/find-program.ts';
import { run } from '../../../privileged/run.ts';
import { scratchDirectory } from './step.ts';

const sizeBytes = 1024 ** 3;
const silenceTimeoutMs = 30_000;

export interface ReflinkMount {
  readonly path: string;
  remove(): Promise<void>;
}

/** Mounts a new xfs from a loop device; answers a sentence instead where that cannot be done, and prints it. */
export async function mountReflinks(): Promise<ReflinkMount | string> {
  const mounted = await tryToMount();
  if (typeof mounted === 'string') console.warn(`reflink tests skipped: ${mounted}`);
  return mounted;
}

async function tryToMount(): Promise<ReflinkMount | string> {
  if (process.getuid?.() !== 0) return 'mounting needs root';
  if ((await findProgram('mkfs.xfs')) === null) return 'mkfs.xfs is missing (Debian package xfsprogs)';
  const scratch = await scratchDirectory();
  const [image, path] = [join(scratch.path, 'image'), join(scratch.path, 'mounted')];
  await mkdir(path);
  const file = await open(image, 'w');
  await file.truncate(sizeBytes);
  await file.close();
  try {
    await run(['mkfs.xfs', '-q', '-m', 'reflink=1', image], { silenceTimeoutMs });
    await run(['mount', '-o', 'loop', image, path], { silenceTimeoutMs });
  } catch (error) {
    await scratch.remove();
    return error instanceof Error ? error.message : String(error);
  }
  const remove = async (): Promise<void> => {
    await run(['umount', path], { silenceTimeoutMs });
    await scratch.remove();
  };
  return { path, remove };
}
