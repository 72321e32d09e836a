// Starts a libvirtd of our own beside any other on this machine, with definitions that survive it, and stops it.
import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { startDaemon, type Daemon } from '../../privileged/daemon.ts';
import { minimalEnvironment } from '../../privileged/environment.ts';
import { endRememberedProcess, rememberProcess } from '../../privileged/leftover.ts';
import { waitUntil } from './eventually.ts';
import { endGuests } from './libvirtd-guests.ts';
import { libvirtdConf, namespaceScript, privateDirectories, qemuConf } from './libvirtd-settings.ts';
import { createVirsh, type EmbeddedVirsh } from './libvirtd-virsh.ts';
import { tailOf } from './log-tail.ts';

export interface EmbeddedLibvirtdOptions {
  /** Its definitions, settings and logs; started again on the same directory it has the same instances. */
  readonly directory: string;
  /**
   * Where it remembers what this machine's QEMU can do; finding that out takes 8 s. May be shared by several.
   * Default: inside `directory`.
   */
  readonly cacheDirectory?: string;
  /** How long a guest may take to shut down when we stop, before it is switched off. Default 10 s. */
  readonly guestGraceMs?: number;
  readonly signal?: AbortSignal;
}

export interface EmbeddedLibvirtd {
  /** For virsh and for the `libvirt_uri` option. */
  readonly connectionUri: string;
  readonly logFile: string;
  readonly daemon: Daemon;
  /** Defines, starts and ends instances; what drivers may do is less. */
  readonly virsh: EmbeddedVirsh;
  /** Shuts the guests down, then libvirtd. Their persistent definitions stay. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts it and waits until it answers: ~0.2 s, 8 s with an empty cache. Needs root and the packages that probeLibvirt
 * names. A libvirtd that an earlier, killed owner left on this directory is ended first, and its guests are taken over.
 */
export async function startLibvirtd(options: EmbeddedLibvirtdOptions): Promise<EmbeddedLibvirtd> {
  const directory = resolve(options.directory);
  const paths = await prepare(directory, options.cacheDirectory);
  const pidFile = join(directory, 'libvirtd.pid');
  await endRememberedProcess(pidFile, stopGraceMs);
  const logFile = join(directory, 'libvirtd.log');
  const env = minimalEnvironment();
  const daemon = await startDaemon({
    command: 'unshare',
    args: namespaceArgs(paths),
    logFile,
    stopSignal: 'SIGTERM',
    env,
  });
  const end = async (): Promise<void> => {
    await daemon.stop(stopGraceMs);
    await rm(pidFile, { force: true });
  };
  const connectionUri = `qemu+unix:///system?socket=${join(paths.run, 'libvirt-sock')}`;
  const virsh = createVirsh(connectionUri);
  try {
    await rememberProcess(pidFile, daemon.pid);
    const hopeless = daemon.exited.then(async () => `it has ended; the end of ${logFile}:\n${await tailOf(logFile)}`);
    const waiting = { timeoutMs: 60_000, hopeless, ...(options.signal ? { signal: options.signal } : {}) };
    await waitUntil('starting libvirtd', waiting, async () => virsh.run('version'));
  } catch (error) {
    await end();
    throw error;
  }
  const stop = async (): Promise<void> => {
    await endGuests(virsh, paths.run, options.guestGraceMs ?? 10_000);
    await end();
    await rm(paths.run, { recursive: true, force: true });
  };
  return { connectionUri, logFile, daemon, virsh, stop };
}

const stopGraceMs = 10_000;

type PrivatePaths = Readonly<Record<keyof typeof privateDirectories, string>>;

/** Makes the private directories with the settings in them. */
async function prepare(directory: string, cacheDirectory?: string): Promise<PrivatePaths> {
  const paths = {
    etc: join(directory, 'etc'),
    lib: join(directory, 'lib'),
    log: join(directory, 'log'),
    cache: resolve(cacheDirectory ?? join(directory, 'cache')),
    run: runDirectory(directory),
  };
  for (const path of Object.values(paths)) await mkdir(path, { recursive: true, mode: 0o700 });
  await writeFile(join(paths.etc, 'libvirtd.conf'), libvirtdConf);
  await writeFile(join(paths.etc, 'qemu.conf'), qemuConf);
  return paths;
}

/** Short, because a Unix socket's path may have at most 107 bytes; empty after a reboot, as libvirt expects. */
function runDirectory(directory: string): string {
  return join('/run/scoria', createHash('sha256').update(directory).digest('hex').slice(0, 12));
}

function namespaceArgs(paths: PrivatePaths): readonly string[] {
  const names = Object.keys(privateDirectories) as (keyof typeof privateDirectories)[];
  return [
    ...['--mount', '--propagation', 'private', 'sh', '-c', namespaceScript, 'namespace'],
    ...names.flatMap((name) => [paths[name], privateDirectories[name]]),
    ...['--', 'libvirtd', '--config', '/etc/libvirt/libvirtd.conf', '--pid-file', '/run/libvirt/libvirtd.pid'],
  ];
}
