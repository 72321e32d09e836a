// Remembers a daemon in a file, so that whoever comes after a killed parent finds it, and ends it.
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { endGroup, startTicks } from './process-group.ts';

/** Writes `pid` with its start time, because pids are reused. */
export async function rememberProcess(pidFile: string, pid: number): Promise<void> {
  await writeFile(`${pidFile}.new`, `${pid} ${await startTicks(pid)}\n`, { mode: 0o600 });
  await rename(`${pidFile}.new`, pidFile);
}

/** The pid in `pidFile`, if that very process still runs; null otherwise. */
export async function rememberedProcess(pidFile: string): Promise<number | null> {
  const [pidText = '', ticks] = (await readFile(pidFile, 'utf8').catch(() => '')).trim().split(' ');
  const pid = Number(pidText);
  return pid > 1 && (await startTicks(pid)) === ticks ? pid : null;
}

/** Ends the remembered process and its group (it was started by `startDaemon`) and forgets it; true if it was there. */
export async function endRememberedProcess(pidFile: string, graceMs: number): Promise<boolean> {
  const pid = await rememberedProcess(pidFile);
  if (pid !== null) await endGroup(pid, whenGone(pidFile), 'SIGTERM', graceMs);
  await rm(pidFile, { force: true });
  return pid !== null;
}

/** A process that is not our child sends us no event when it ends, so it is looked at. */
async function whenGone(pidFile: string): Promise<void> {
  while ((await rememberedProcess(pidFile)) !== null) await delay(20);
}
