// Starts a server that lives as long as this process does, with its output in a file, and stops it.
import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, closeSync, constants, openSync } from 'node:fs';
import { endGroup, signalGroup } from './process-group.ts';

export interface Account {
  readonly uid: number;
  readonly gid: number;
  /**
   * Keeps the right to pass directories that belong to root (CAP_DAC_OVERRIDE): needed by a server that refuses to run
   * as root while its files lie below root's home or a private temporary directory.
   */
  readonly passesRootsDirectories: boolean;
}

export interface DaemonOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Both output streams are appended to it. */
  readonly logFile: string;
  /** Asks it to end; PostgreSQL wants SIGINT for a fast shutdown. */
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
  /** The whole environment; this process's own when left out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly account?: Account | null;
  /** True for a server that others go on using when this process is gone (a target, an initiator). Default false. */
  readonly outlivesParent?: boolean;
}

export interface DaemonExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Set when the program could not be started at all. */
  readonly error?: Error;
}

export interface Daemon {
  readonly pid: number;
  /** Settles when it has ended, for whatever reason; never rejects. */
  readonly exited: Promise<DaemonExit>;
  /** Asks it to end and, after `graceMs`, kills its whole process group. Ended already is success. */
  stop(graceMs: number): Promise<DaemonExit>;
  /** Kills its whole process group at once. */
  kill(): void;
}

/**
 * Starts `command` in a process group of its own, so that Ctrl-C reaches only the launcher, which then stops
 * everything in order. Where util-linux has setpriv, the kernel asks the server to end when this process dies, even by
 * SIGKILL. Throws when the program cannot be started.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const [command, ...args] = commandLine(options);
  const log = openSync(options.logFile, 'a', 0o640);
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', log, log],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: { ...options.env } }),
    ...(options.account && setprivPath === null ? { uid: options.account.uid, gid: options.account.gid } : {}),
  });
  closeSync(log);
  const exited = exitOf(child);
  const pid = child.pid;
  if (pid === undefined) {
    const { error } = await exited;
    throw new Error(`cannot start ${options.command}: ${error?.message ?? 'unknown reason'}`);
  }
  return {
    pid,
    exited,
    kill: () => void signalGroup(pid, 'SIGKILL'),
    stop: async (graceMs) => {
      await endGroup(pid, exited, options.stopSignal, graceMs);
      return exited;
    },
  };
}

function exitOf(child: ChildProcess): Promise<DaemonExit> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

function commandLine(options: DaemonOptions): [string, ...string[]] {
  const { account } = options;
  if (setprivPath === null || (options.outlivesParent && !account)) return [options.command, ...options.args];
  const identity = account
    ? [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups', ...capabilityArgs(account)]
    : [];
  const leash = options.outlivesParent ? [] : [`--pdeathsig=${options.stopSignal}`];
  return [setprivPath, ...identity, ...leash, '--', options.command, ...options.args];
}

/** Arguments of setpriv(1) that let an account without root's id still pass root's directories. */
export function capabilityArgs(account: Account): readonly string[] {
  return account.passesRootsDirectories ? ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'] : [];
}

/** util-linux's setpriv(1), or null where it is missing (macOS, Alpine's busybox has no --pdeathsig). */
export const setprivPath: string | null = ['/usr/bin/setpriv', '/bin/setpriv'].find(isExecutable) ?? null;

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return process.platform === 'linux';
  } catch {
    return false;
  }
}
