// Starts a libvirtd of our own beside any other on this machine, with definitions that survive it, and stops it.
import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createVirsh, type Virsh } from '../../drivers/connector/libvirt/virsh.ts';
import { startDaemon, type Daemon } from '../../privileged/daemon.ts';
import { endRememberedProcess, rememberProcess } from '../../privileged/leftover.ts';
import { waitUntil } from './eventually.ts';
import { endGuests } from './libvirtd-guests.ts';
import { libvirtdConf, namespaceScript, privateDirectories, qemuConf } from './libvirtd-settings.ts';
import { tailOf } from './log-tail.ts';

export interface EmbeddedLibvirtdOptions {
  /** Its definitions, settings and logs; started again on the same directory it has the same instances. */
  readonly directory: string;
  /** How long a guest may take to shut down when we stop, before it is switched off. Default 10 s. */
  readonly guestGraceMs?: number;
  readonly signal?: AbortSignal;
}

export interface EmbeddedLibvirtd {
  /** For virsh and for the `libvirt_uri` option. */
  readonly connectionUri: string;
  readonly logFile: string;
  readonly daemon: Daemon;
  /** Shuts the guests down, then libvirtd. Their persistent definitions stay. May be called twice. */
  stop(): Promise<void>;
  /** Ends libvirtd alone, as a crash would: the guests go on, and the next one on this directory finds them. */
  abandonGuests(): Promise<void>;
}

/**
 * Starts it and waits until it answers (~0.5 s). Needs root and the packages that probeLibvirt names. A libvirtd that
 * an earlier, killed owner left on this directory is ended first, and its guests are taken over.
 */
export async function startLibvirtd(options: EmbeddedLibvirtdOptions): Promise<EmbeddedLibvirtd> {
  const { directory } = options;
  const paths = await prepare(directory);
  const pidFile = join(directory, 'libvirtd.pid');
  await endRememberedProcess(pidFile, 10_000);
  const logFile = join(directory, 'libvirtd.log');
  const mounts = Object.entries(privateDirectories).flatMap(([name, covered]) => [paths[name as keyof typeof paths], covered]);
  const daemon = await startDaemon({
    command: 'unshare',
    args: [
      ...['--mount', '--propagation', 'private', 'sh', '-c', namespaceScript, 'namespace', ...mounts, '--'],
      ...['libvirtd', '--config', '/etc/libvirt/libvirtd.conf', '--pid-file', '/run/libvirt/libvirtd.pid'],
    ],
    logFile,
    stopSignal: 'SIGTERM',
  });
  await rememberProcess(pidFile, daemon.pid);
  const connectionUri = `qemu+unix:///system?socket=${join(paths.run, 'libvirt-sock')}`;
  const virsh = createVirsh({ connectionUri, workDirectory: join(directory, 'virsh') });
  const abandonGuests = async (): Promise<void> => {
    await daemon.stop(10_000);
    await rm(pidFile, { force: true });
  };
  try {
    await waitForLibvirtd(virsh, daemon, logFile, options.signal);
  } catch (error) {
    await abandonGuests();
    throw error;
  }
  const stop = async (): Promise<void> => {
    await endGuests(virsh, paths.run, options.guestGraceMs ?? 10_000);
    await abandonGuests();
    await rm(paths.run, { recursive: true, force: true });
  };
  return { connectionUri, logFile, daemon, stop, abandonGuests };
}

type PrivatePaths = Readonly<Record<keyof typeof privateDirectories, string>>;

/** Makes the private directories with the settings in them. */
async function prepare(directory: string): Promise<PrivatePaths> {
  const inside = (name: string): string => join(directory, name);
  const paths = { etc: inside('etc'), lib: inside('lib'), cache: inside('cache'), log: inside('log'), run: runDirectory(directory) };
  for (const path of Object.values(paths)) await mkdir(path, { recursive: true, mode: 0o700 });
  await writeFile(join(paths.etc, 'libvirtd.conf'), libvirtdConf);
  await writeFile(join(paths.etc, 'qemu.conf'), qemuConf);
  return paths;
}

/** Short, because a Unix socket's path may have at most 107 bytes; empty after a reboot, as libvirt expects. */
function runDirectory(directory: string): string {
  return join('/run/scoria', createHash('sha256').update(directory).digest('hex').slice(0, 12));
}

async function waitForLibvirtd(virsh: Virsh, daemon: Daemon, logFile: string, signal?: AbortSignal): Promise<void> {
  const hopeless = daemon.exited.then(async () => `it has ended; the end of ${logFile}:\n${await tailOf(logFile)}`);
  const options = { timeoutMs: 30_000, hopeless, ...(signal ? { signal } : {}) };
  await waitUntil('starting libvirtd', options, async () => {
    await virsh.run('connecting to libvirtd', ['version']);
    return true;
  });
}
