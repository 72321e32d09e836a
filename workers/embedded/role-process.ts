// Starts one process of Scoria's own (API or workers) and waits until it is healthy.
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDaemon } from '../../privileged/daemon.ts';
import type { Role } from '../config/requirements.ts';
import { waitUntil } from './eventually.ts';
import { tailOf } from './log-tail.ts';
import type { ChildPlan, StartedChild } from './supervisor.ts';

/** Scoria's program for every role. */
export const mainProgram = fileURLToPath(new URL('../main.ts', import.meta.url));
/** Preloaded into every role; only the control role has workflow threads. */
const workflowThreadSettings = new URL('../workflow-thread.js', import.meta.url).href;
const healthTimeoutMs = 90_000;
const stopGraceMs = 25_000;

export interface RoleProcess {
  readonly name: string;
  readonly roles: readonly Role[];
  /** Path of the program, which takes --config, --roles and --ready-file. */
  readonly program: string;
  readonly configFiles: readonly string[];
  readonly logDir: string;
  readonly runDir: string;
  /** Asked for GET /healthcheck besides the ready file; null for workers. */
  readonly apiUrl: string | null;
}

/** How to start it: healthy is when it has written its ready file, and an API answers its health check. */
export function roleProcessPlan(role: RoleProcess): ChildPlan {
  const logFile = join(role.logDir, `${role.name}.log`);
  return { name: role.name, logFile, start: (signal) => startRoleProcess(role, logFile, signal) };
}

async function startRoleProcess(role: RoleProcess, logFile: string, signal: AbortSignal): Promise<StartedChild> {
  const readyFile = join(role.runDir, `${role.name}.ready`);
  await rm(readyFile, { force: true });
  const configArgs = role.configFiles.flatMap((file) => ['--config', file]);
  const daemon = await startDaemon({
    command: process.execPath,
    args: [
      ...['--import', import.meta.resolve('tsx'), '--import', workflowThreadSettings, '--enable-source-maps'],
      role.program,
      ...configArgs,
      ...['--roles', role.roles.join(','), '--ready-file', readyFile],
    ],
    logFile,
    stopSignal: 'SIGTERM',
  });
  const hopeless = daemon.exited.then(async () => `it has ended; the end of ${logFile}:\n${await tailOf(logFile, 15)}`);
  try {
    await waitUntil(`starting ${role.name}`, { timeoutMs: healthTimeoutMs, hopeless, signal }, async () => {
      await readFile(readyFile);
      if (role.apiUrl !== null) await mustBeHealthy(role.apiUrl);
      return true;
    });
  } catch (error) {
    await daemon.stop(5_000);
    throw error;
  }
  return { ...daemon, stop: async () => void (await daemon.stop(stopGraceMs)) };
}

async function mustBeHealthy(apiUrl: string): Promise<void> {
  const response = await fetch(`${apiUrl}/healthcheck`, { signal: AbortSignal.timeout(2_000) });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`GET /healthcheck answered ${response.status}`);
}
