// Clears away the pid file of a PostgreSQL that was killed, when its number now belongs to some other process.
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil } from './eventually.ts';
import { commandLineOf, isAlive } from './processes.ts';

/**
 * PostgreSQL removes a stale postmaster.pid itself unless a process with that id exists, which after a reboot or in a
 * container is likely and says nothing. A server that does still run on this directory gets a moment to end (its
 * launcher may just have died); it is never touched. Throws when it goes on running.
 */
export async function settlePidFile(dataDir: string, signal?: AbortSignal): Promise<void> {
  const pidFile = join(dataDir, 'postmaster.pid');
  const pid = Number((await readFile(pidFile, 'utf8').catch(() => '')).split('\n')[0]);
  if (!pid) return;
  const commandLine = await commandLineOf(pid);
  // Where there is no /proc the server decides.
  if (commandLine === null && process.platform !== 'linux') return;
  if (!commandLine?.includes(dataDir)) return rm(pidFile, { force: true });
  const what = `another PostgreSQL (process ${pid}) uses ${dataDir}`;
  await waitUntil(what, { timeoutMs: 20_000, ...(signal ? { signal } : {}) }, async () =>
    (await isAlive(pid)) ? undefined : true,
  );
}
