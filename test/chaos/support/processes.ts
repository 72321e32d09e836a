// The lab's own processes, API and workers: started, killed, stopped in their tracks, started again.
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDaemon, type Daemon } from '../../../privileged/daemon.ts';
import { mainProgram } from '../../../workers/embedded/role-process.ts';
import { eventually } from '../../support/eventually.ts';

export const workerRoles = ['control', 'volume', 'backup', 'compute'] as const;
export type WorkerRole = (typeof workerRoles)[number];
export type ProcessName = WorkerRole | 'api';

const workerProgram = fileURLToPath(new URL('./worker-process.ts', import.meta.url));
const startTimeoutMs = 120_000;

export interface ProcessPlaces {
  /** Configuration, ready and log files. */
  readonly directory: string;
  readonly gatePath: string;
}

export class Processes {
  readonly #places: ProcessPlaces;
  readonly #running = new Map<ProcessName, Daemon>();
  /** Stopped ones whose place another has taken. */
  readonly #zombies = new Set<Daemon>();

  constructor(places: ProcessPlaces) {
    this.#places = places;
  }

  pid(name: ProcessName): number | null {
    return this.#running.get(name)?.pid ?? null;
  }

  nameOf(pid: number): ProcessName | null {
    return [...this.#running].find(([, daemon]) => daemon.pid === pid)?.[0] ?? null;
  }

  /** Starts it and answers once it says that it is ready. */
  async start(name: ProcessName): Promise<void> {
    const { directory, gatePath } = this.#places;
    const readyFile = join(directory, `${name}.ready`);
    const configFile = join(directory, `${name}.conf`);
    await rm(readyFile, { force: true });
    const args =
      name === 'api'
        ? [mainProgram, '--config', configFile, '--roles', 'api', '--ready-file', readyFile]
        : [workerProgram, configFile, name, readyFile, gatePath];
    const logFile = join(directory, `${name}.log`);
    const daemon = await startDaemon({
      command: process.execPath,
      args: ['--import', import.meta.resolve('tsx'), ...args],
      logFile,
      stopSignal: 'SIGTERM',
    });
    this.#running.set(name, daemon);
    let ended = false;
    void daemon.exited.then(() => (ended = true));
    await eventually(async () => {
      if (ended) return;
      await readFile(readyFile);
    }, startTimeoutMs);
    if (ended) throw new Error(`${name} has ended:\n${(await readFile(logFile, 'utf8')).slice(-2_000)}`);
  }

  /** A role that waits for another one at its start is tried until it stands, as a supervisor would. */
  async keepStarting(name: ProcessName): Promise<void> {
    await eventually(() => this.start(name), startTimeoutMs);
  }

  /** SIGKILL; answers once it is gone. */
  async kill(name: ProcessName): Promise<void> {
    const daemon = this.#running.get(name);
    this.#running.delete(name);
    daemon?.kill();
    await daemon?.exited;
  }

  /** SIGSTOP: it stands still and holds what it holds. `wake` lets it go on beside its successor, `end` kills it. */
  freeze(name: ProcessName): { readonly pid: number; wake(): void; end(): Promise<void> } {
    const daemon = this.#running.get(name);
    if (!daemon) throw new Error(`${name} does not run`);
    this.#running.delete(name);
    this.#zombies.add(daemon);
    process.kill(daemon.pid, 'SIGSTOP');
    return {
      pid: daemon.pid,
      wake: () => void process.kill(daemon.pid, 'SIGCONT'),
      end: async () => {
        daemon.kill();
        await daemon.exited;
        this.#zombies.delete(daemon);
      },
    };
  }

  /** Kills everything. */
  async stop(): Promise<void> {
    const all = [...this.#running.values(), ...this.#zombies];
    this.#running.clear();
    this.#zombies.clear();
    for (const daemon of all) daemon.kill();
    await Promise.all(all.map((daemon) => daemon.exited));
  }
}
