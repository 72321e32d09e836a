// Starts the tgtd that exports this host's volumes, where this machine has one.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rememberedProcess } from '../../privileged/leftover.ts';
import { startTgtd } from '../../drivers/target/tgt/daemon.ts';
import { claimPort, loopback } from './ports.ts';
import { findProgram } from './programs.ts';
import { writeWhole, type StateDirectory } from './state-directory.ts';
import type { ChildPlan } from './supervisor.ts';

export interface TargetPorts {
  readonly controlPort: number;
  readonly portalPort: number;
}

/** Why there can be no tgtd here, in words that say what to do; null when there can. */
export async function whyNoTarget(): Promise<string | null> {
  if ((await findProgram('tgtd')) === null) return 'tgtd is not installed (Debian: apt-get install tgt)';
  if (process.getuid?.() !== 0) return 'tgtd needs root';
  return null;
}

/**
 * The same ports at each start, because connected initiators know them; another portal only when somebody else has
 * taken it. The control port follows from the portal's: it has to differ between the tgtd of one host.
 */
export async function targetPorts(directory: StateDirectory): Promise<TargetPorts> {
  const file = join(directory.path, 'target.json');
  const kept = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as TargetPorts,
    () => null,
  );
  if (kept && ((await rememberedProcess(pidFileIn(directory))) !== null || (await isFree(kept.portalPort))))
    return kept;
  const portalPort = await claimPort({ flag: 'target_port', port: 0 });
  const ports = { portalPort, controlPort: 1_000 + (portalPort % 31_000) };
  await writeWhole(file, JSON.stringify(ports), 0o600);
  return ports;
}

/** Starts it, or goes on with the one that a killed launcher has left; one that dies is started again, empty. */
export function targetPlan(directory: StateDirectory, ports: TargetPorts): ChildPlan {
  const logFile = join(directory.logDir, 'tgtd.log');
  return {
    // Its pid file is the supervisor's own.
    name: 'tgtd',
    logFile,
    start: async () => {
      const tgtd = await startTgtd({ ...ports, portalAddress: loopback, logFile, pidFile: pidFileIn(directory) });
      return { ...tgtd, kill: () => killQuietly(tgtd.pid) };
    },
  };
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

const pidFileIn = (directory: StateDirectory): string => join(directory.runDir, 'tgtd.pid');

const isFree = (port: number): Promise<boolean> =>
  claimPort({ flag: 'target_port', port }).then(
    () => true,
    () => false,
  );
