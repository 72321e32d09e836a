// Ends a process together with everything it has started: first politely, then for certain.
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Sends `signal` to the process group; false when the group is gone. */
export function signalGroup(groupId: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-groupId, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** `signal`, then SIGKILL after `graceMs` unless `exited` settles before; resolves when `exited` has settled. */
export async function endGroup(
  groupId: number,
  exited: Promise<unknown>,
  signal: NodeJS.Signals,
  graceMs: number,
): Promise<void> {
  const settled = exited.then(
    () => true,
    () => true,
  );
  if (!signalGroup(groupId, signal)) {
    await settled;
    return;
  }
  const grace = new AbortController();
  const overdue = delay(graceMs, false, { signal: grace.signal }).catch(() => true);
  const ended = await Promise.race([settled, overdue]);
  grace.abort();
  // Also after a polite end: what the leader left behind in its group goes with it.
  signalGroup(groupId, 'SIGKILL');
  if (!ended) await settled;
}

/**
 * When the process started, in kernel ticks since boot: with the pid it names a process for good, as pids are reused.
 * Null when there is no such process or it is a zombie. Source: proc_pid_stat(5), fields 3 and 22.
 */
export async function startTicks(pid: number): Promise<string | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
}
