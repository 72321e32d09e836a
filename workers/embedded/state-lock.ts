// Keeps two launchers out of one state directory.
import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identityOf, isAlive } from './processes.ts';

export interface StateLock {
  release(): Promise<void>;
}

/**
 * Takes the directory, or throws naming who has it. A lock whose process has died, or whose process id now belongs to
 * another process, is replaced; of several that replace it at once one wins.
 */
export async function lockStateDirectory(directory: string): Promise<StateLock> {
  const file = join(directory, 'lock');
  const own = `${file}.${randomUUID()}`;
  await writeFile(own, JSON.stringify({ pid: process.pid, identity: await identityOf(process.pid) }), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 10; attempt += 1) {
      if (await linked(own, file)) return { release: () => rm(file, { force: true }) };
      const holder = await holderOf(file);
      if (holder !== null) {
        throw new Error(
          `${directory} is in use by process ${holder}: stop that one or choose another with --state-dir`,
        );
      }
      // Moved away under a name of our own: had another launcher just replaced it, this takes that one's lock, so look.
      const moved = `${own}.stale`;
      await rename(file, moved).catch(() => {});
      if ((await holderOf(moved)) !== null) await link(moved, file).catch(() => {});
      await rm(moved, { force: true });
    }
    throw new Error(`${directory} cannot be locked: other launchers keep taking it`);
  } finally {
    await rm(own, { force: true });
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The live process that wrote the lock; null when it is gone. */
async function holderOf(file: string): Promise<number | null> {
  const text = await readFile(file, 'utf8').catch(() => '');
  if (text === '') return null;
  const { pid, identity } = JSON.parse(text) as { pid: number; identity: string | null };
  if (!(await isAlive(pid))) return null;
  return identity === null || identity === (await identityOf(pid)) ? pid : null;
}
