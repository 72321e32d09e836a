// CPU time of processes with all their descendants, from /proc.
import { readdir, readFile } from 'node:fs/promises';

/** Linux counts in hundredths of a second, whatever its own tick. proc_pid_stat(5), sysconf(_SC_CLK_TCK). */
const msPerTick = 10;

interface ProcessTimes {
  readonly parent: number;
  /** Own time, and that of children that have ended and been waited for. */
  readonly ms: number;
}

async function readTimes(pid: string): Promise<[number, ProcessTimes] | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (text === null) return null;
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15);
  return [Number(pid), { parent: fields[1] ?? 0, ms: (user + system + childUser + childSystem) * msPerTick }];
}

/** Milliseconds of CPU that each named process and everything below it has used so far. */
export async function cpuMs(roots: Readonly<Record<string, number>>): Promise<Record<string, number>> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const times = new Map((await Promise.all(pids.map(readTimes))).filter((entry) => entry !== null));
  const total = (root: number): number => {
    let ms = times.get(root)?.ms ?? 0;
    for (const [pid, { parent }] of times) if (parent === root) ms += total(pid);
    return ms;
  };
  return Object.fromEntries(Object.entries(roots).map(([name, pid]) => [name, total(pid)]));
}

/** What was used between two readings. */
export function cpuBetween(before: Record<string, number>, after: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(after).map(([name, ms]) => [name, ms - (before[name] ?? 0)]));
}
