// `./scoria up` as a user starts it: in a process of its own, from another directory, on any free ports.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDaemon, type Daemon } from '../../../privileged/daemon.ts';
import { waitUntil } from '../../../workers/embedded/eventually.ts';
import type { LaunchFacts } from '../../../workers/embedded/launch-options.ts';

/** The command itself. */
export const scoria = fileURLToPath(new URL('../../../scoria', import.meta.url));
export const anyPorts = ['--api-port=0', '--temporal-port=0', '--temporal-ui-port=0', '--postgres-port=0'];

const startTimeoutMs = 240_000;

export interface UpPlaces {
  readonly stateDir: string;
  readonly readyFile: string;
  /** What it prints. */
  readonly logFile: string;
}

export const placesIn = (directory: string): UpPlaces => ({
  stateDir: join(directory, 'state'),
  readyFile: join(directory, 'ready.json'),
  logFile: join(directory, 'up.log'),
});

/** Starts `scoria up` with its state below `directory`. */
export function startUp(directory: string, ...flags: string[]): Promise<Daemon> {
  const { stateDir, readyFile, logFile } = placesIn(directory);
  return startDaemon({
    command: scoria,
    args: ['up', '--state-dir', stateDir, '--ready-file', readyFile, ...flags],
    logFile,
    stopSignal: 'SIGTERM',
    cwd: directory,
  });
}

/** Waits until everything is healthy. Throws with what it printed when it has ended instead. */
export async function ready(daemon: Daemon, directory: string): Promise<LaunchFacts> {
  const { readyFile, logFile } = placesIn(directory);
  const hopeless = daemon.exited.then(async () => `it has ended:\n${await readFile(logFile, 'utf8')}`);
  return waitUntil('scoria to be ready', { timeoutMs: startTimeoutMs, hopeless }, async () => {
    return JSON.parse(await readFile(readyFile, 'utf8')) as LaunchFacts;
  });
}
