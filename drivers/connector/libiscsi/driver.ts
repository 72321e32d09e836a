// The connector `libiscsi`: QEMU's own initiator shows a volume's bytes as a file, on hosts whose kernel has none.
//
// One qemu-storage-daemon per connected volume, in <state_path>/connections/<volume id>/: `disk` is the volume,
// `pid` remembers the daemon, which goes on when the worker is restarted.
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustBeUuid } from '../../../domain/ids.ts';
import { StorageError } from '../../../domain/storage-errors.ts';
import { revealed } from '../../../privileged/argv.ts';
import { startDaemon } from '../../../privileged/daemon.ts';
import { minimalEnvironment } from '../../../privileged/environment.ts';
import { endRememberedProcess, rememberedProcess, rememberProcess } from '../../../privileged/leftover.ts';
import { rootCommand, runAsRoot } from '../../../privileged/root.ts';
import { eventually } from '../../data/eventually.ts';
import type { StepContext } from '../../step.ts';
import type { ChapSecret, ConnectionInfo } from '../../target/target.ts';
import type { Connector, ConnectorProperties } from '../connector.ts';
import { showLunAsFile, unmount, type LunOnFile } from './commands.ts';
import type { LibiscsiOptions } from './config.ts';
import { connectError, isMountpoint } from './parse.ts';

const connectTimeoutMs = 30_000;
/** Closing writes out what is still cached. */
const disconnectGraceMs = 30_000;

interface Place {
  readonly directory: string;
  readonly disk: string;
  readonly pidFile: string;
  readonly logFile: string;
  readonly passwordFile: string;
}

export class LibiscsiConnector implements Connector {
  readonly name = 'libiscsi';
  readonly #options: LibiscsiOptions;

  constructor(options: LibiscsiOptions) {
    this.#options = options;
  }

  /** As os-brick's `get_connector_properties` names them. */
  async properties(): Promise<ConnectorProperties> {
    const { host, my_ip: ip } = this.#options;
    return { initiator: this.#initiator, host, ip, multipath: false, platform: machine(), os_type: process.platform };
  }

  async connect(
    step: StepContext,
    volumeId: string,
    connection: ConnectionInfo,
    chap: ChapSecret | null,
  ): Promise<{ path: string }> {
    const place = this.#place(volumeId);
    if ((await rememberedProcess(place.pidFile)) !== null && (await isMounted(place.disk))) return { path: place.disk };
    await clear(place);
    await mkdir(place.directory, { recursive: true, mode: 0o700 });
    await writeFile(place.disk, '', { mode: 0o600 });
    if (chap) await writeFile(place.passwordFile, chap.password, { mode: 0o600 });
    try {
      await this.#start(step, place, lunOf(connection, this.#initiator, place, chap));
    } catch (error) {
      await clear(place);
      throw error;
    } finally {
      await rm(place.passwordFile, { force: true });
    }
    return { path: place.disk };
  }

  async disconnect(_step: StepContext, volumeId: string, _connection: ConnectionInfo): Promise<void> {
    const place = this.#place(volumeId);
    if ((await rememberedProcess(place.pidFile)) !== null && (await isMounted(place.disk))) await flush(place.disk);
    await clear(place);
  }

  get #initiator(): string {
    return this.#options.initiator_name ?? `iqn.2010-10.org.openstack:${this.#options.host.toLowerCase()}`;
  }

  async #start(step: StepContext, place: Place, lun: LunOnFile): Promise<void> {
    const [command = '', ...args] = revealed(await rootCommand(showLunAsFile(lun)));
    const { logFile, pidFile, disk } = place;
    const daemon = await startDaemon({
      command,
      args,
      logFile,
      env: minimalEnvironment(),
      stopSignal: 'SIGTERM',
      outlivesParent: true,
    });
    let ended = false;
    void daemon.exited.then(() => {
      ended = true;
    });
    try {
      await rememberProcess(pidFile, daemon.pid);
      await eventually(
        `${lun.iqn} at ${lun.portal}`,
        { timeoutMs: connectTimeoutMs, signal: step.signal },
        async () => {
          if (ended) throw connectError(await readFile(logFile, 'utf8'), lun.portal, lun.iqn);
          return isMounted(disk);
        },
      );
    } catch (error) {
      daemon.kill();
      await daemon.exited;
      throw error;
    }
  }

  #place(volumeId: string): Place {
    const directory = join(this.#options.state_path, 'connections', mustBeUuid(volumeId));
    const [disk, pidFile, logFile, passwordFile] = ['disk', 'pid', 'log', 'password'].map((name) =>
      join(directory, name),
    ) as [string, string, string, string];
    return { directory, disk, pidFile, logFile, passwordFile };
  }
}

/** Takes its input apart again and refuses what it cannot be: it came over the network. */
function lunOf(connection: ConnectionInfo, initiator: string, place: Place, chap: ChapSecret | null): LunOnFile {
  const { target_portal: portal, target_iqn: iqn, target_lun: lun, access_mode: accessMode } = connection.data;
  if (
    connection.driver_volume_type !== 'iscsi' ||
    typeof portal !== 'string' ||
    typeof iqn !== 'string' ||
    typeof lun !== 'number'
  ) {
    throw new StorageError('Misconfigured', `not an iSCSI connection: ${JSON.stringify(connection)}`);
  }
  return {
    portal,
    iqn,
    lun,
    initiator,
    readonly: accessMode === 'ro',
    chap: chap ? { username: chap.username, passwordFile: place.passwordFile } : null,
    mountpoint: place.disk,
  };
}

/** Waits until what was written is on the volume. Throws when the volume does not take it: then it is not to be let go. */
async function flush(disk: string): Promise<void> {
  const file = await open(disk, 'r');
  try {
    await file.sync();
  } catch (error) {
    throw new StorageError('Internal', `${disk} could not be flushed`, { cause: error });
  } finally {
    await file.close();
  }
}

/** Ends the daemon and leaves nothing of the connection. */
async function clear(place: Place): Promise<void> {
  await endRememberedProcess(place.pidFile, disconnectGraceMs);
  if (await isMounted(place.disk)) await runAsRoot(unmount(place.disk), { silenceTimeoutMs: 30_000 });
  await rm(place.directory, { recursive: true, force: true });
}

async function isMounted(path: string): Promise<boolean> {
  return isMountpoint(await readFile('/proc/self/mountinfo', 'utf8'), path);
}

/** os-brick's `platform`: what uname(1) calls the machine. */
function machine(): string {
  const machines: Readonly<Partial<Record<NodeJS.Architecture, string>>> = { x64: 'x86_64', arm64: 'aarch64' };
  return machines[process.arch] ?? process.arch;
}
