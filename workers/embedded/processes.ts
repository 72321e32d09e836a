// What can be known about another process on this machine: whether it lives, and whether it is still the one we mean.
import { readFile } from 'node:fs/promises';
import { startTicks } from '../../privileged/process-group.ts';

/** True while a process with this id exists (a zombie counts as gone where that can be seen). */
export async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it exists and belongs to someone else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return process.platform !== 'linux' || (await startTicks(pid)) !== null;
}

/**
 * A text that no other process with the same id will ever have on this machine: when it started, in which boot.
 * null where the system does not say (no /proc).
 */
export async function identityOf(pid: number): Promise<string | null> {
  const bootId = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => null);
  const ticks = await startTicks(pid);
  return bootId === null || ticks === null ? null : `${bootId.trim()}/${ticks}`;
}

/** Its command line with spaces, or null when it cannot be read. */
export async function commandLineOf(pid: number): Promise<string | null> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null);
  return text === null ? null : text.replaceAll('\0', ' ');
}
