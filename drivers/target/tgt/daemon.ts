// Starts and stops a tgtd of our own: for the all-in-one set-up and the tests.
//
//   startTgtd({controlPort, portalPort, logFile, pidFile?, portalAddress?}): Promise<Tgtd>   .stop(): Promise<void>
import { setTimeout as delay } from 'node:timers/promises';
import { StorageError } from '../../../domain/storage-errors.ts';
import { startDaemon, type Daemon, type DaemonExit } from '../../../privileged/daemon.ts';
import { minimalEnvironment } from '../../../privileged/environment.ts';
import { findProgram } from '../../../privileged/find-program.ts';
import { endRememberedProcess, rememberedProcess, rememberProcess } from '../../../privileged/leftover.ts';
import { eventually } from '../../data/eventually.ts';
import { tgtadm } from './client.ts';
import * as commands from './commands.ts';
import { parsePortals, parseTargets } from './parse.ts';

export interface TgtdOptions {
  /** Any number that no other tgtd of this host uses; the back-end's `tgt_control_port`. */
  readonly controlPort: number;
  readonly portalPort: number;
  /** Default 127.0.0.1. */
  readonly portalAddress?: string;
  readonly logFile: string;
  /** Finds a tgtd that an earlier, killed launcher left running, and uses it: its initiators notice nothing. */
  readonly pidFile?: string;
}

export interface Tgtd {
  readonly pid: number;
  readonly controlPort: number;
  /** `address:port` */
  readonly portal: string;
  /** Settles when it has ended, for whatever reason; never rejects. */
  readonly exited: Promise<DaemonExit>;
  /** Deletes its targets, ends it, and kills it if it does not end. Ended already is success. */
  stop(): Promise<void>;
}

const startTimeoutMs = 10_000;
const stopTimeoutMs = 5_000;
const lookEveryMs = 500;

/** Throws StorageError CommandMissing, CommandFailed (the port is taken, …) or CommandTimeout. */
export async function startTgtd(options: TgtdOptions): Promise<Tgtd> {
  const on = { controlPort: options.controlPort };
  const portal = `${options.portalAddress ?? '127.0.0.1'}:${options.portalPort}`;
  const { pidFile } = options;
  const earlier = pidFile === undefined ? null : await rememberedProcess(pidFile);
  if (earlier !== null && pidFile !== undefined) {
    if ((await portals(on))?.includes(portal))
      return { pid: earlier, ...on, portal, exited: goneFrom(pidFile), stop: () => stopRemembered(on, pidFile) };
    await stopRemembered(on, pidFile);
  }
  const daemon = await launch(options, portal);
  if (pidFile !== undefined) await rememberProcess(pidFile, daemon.pid);
  const stop = async (): Promise<void> => {
    await emptyAndEnd(on);
    await Promise.race([daemon.exited, eventuallyGone(daemon)]);
    if (pidFile !== undefined) await endRememberedProcess(pidFile, stopTimeoutMs);
  };
  try {
    await eventually(`tgtd to answer; see ${options.logFile}`, { timeoutMs: startTimeoutMs }, async () => {
      mustRun(daemon, options);
      return (await portals(on)) !== null;
    });
    // tgtd that cannot have its portal listens on every address at port 3260 instead.
    if (!(await portals(on))?.includes(portal)) {
      throw new StorageError('CommandFailed', `tgtd could not listen on ${portal}; see ${options.logFile}`);
    }
  } catch (error) {
    daemon.kill();
    throw error;
  }
  return { pid: daemon.pid, ...on, portal, exited: daemon.exited, stop };
}

async function launch({ controlPort, logFile }: TgtdOptions, portal: string): Promise<Daemon & { ended: boolean }> {
  const command = await findProgram('tgtd');
  if (command === null) throw new StorageError('CommandMissing', 'tgtd is not installed (Debian package tgt)');
  const daemon = await startDaemon({
    command,
    args: ['--foreground', '--control-port', String(controlPort), '--iscsi', `portal=${portal}`],
    logFile,
    env: minimalEnvironment(),
    stopSignal: 'SIGTERM',
    // It serves others; and with targets it does not heed the signal that the kernel would send it anyway.
    outlivesParent: true,
  });
  const watched = { ...daemon, ended: false };
  void daemon.exited.then(() => {
    watched.ended = true;
  });
  return watched;
}

function mustRun(daemon: { readonly ended: boolean }, { logFile, controlPort }: TgtdOptions): void {
  if (!daemon.ended) return;
  throw new StorageError('CommandFailed', `tgtd --control-port ${controlPort} ended at once; see ${logFile}`);
}

/** A process that is not our child sends no event when it ends, so it is looked at. */
async function goneFrom(pidFile: string): Promise<DaemonExit> {
  while ((await rememberedProcess(pidFile)) !== null) await delay(lookEveryMs);
  return { code: null, signal: null };
}

/** `address:port` of each portal; null while nothing answers. */
async function portals(on: commands.Tgtadm): Promise<readonly string[] | null> {
  try {
    return parsePortals(await tgtadm(commands.showPortals(on)));
  } catch (error) {
    if (error instanceof StorageError && error.code === 'Unreachable') return null;
    throw error;
  }
}

async function stopRemembered(on: commands.Tgtadm, pidFile: string): Promise<void> {
  await emptyAndEnd(on);
  await endRememberedProcess(pidFile, stopTimeoutMs);
}

/** tgtd ends by itself only when it has no targets. */
async function emptyAndEnd(on: commands.Tgtadm): Promise<void> {
  try {
    for (const { tid } of parseTargets(await tgtadm(commands.showTargets(on)))) {
      await tgtadm(commands.setTargetState(on, tid, 'offline'));
      await tgtadm(commands.deleteTarget(on, tid));
    }
    await tgtadm(commands.endTgtd(on));
  } catch (error) {
    // Not there, or it will not: what follows is the signal.
    if (!(error instanceof StorageError)) throw error;
  }
}

async function eventuallyGone(daemon: Daemon & { readonly ended: boolean }): Promise<void> {
  const options = { timeoutMs: stopTimeoutMs };
  await eventually('tgtd to end', options, async () => daemon.ended).catch(() => daemon.kill());
}
