// The connector `open-iscsi`: the kernel's own initiator logs in to a volume's target, and its bytes are a disk of this host.
import { readFile } from 'node:fs/promises';
import { StorageError } from '../../../domain/storage-errors.ts';
import { runAsRoot } from '../../../privileged/root.ts';
import { eventually } from '../../data/eventually.ts';
import type { StepContext } from '../../step.ts';
import type { ChapSecret, ConnectionInfo } from '../../target/target.ts';
import type { Connector, ConnectorProperties } from '../connector.ts';
import * as commands from './commands.ts';
import type { OpenIscsiOptions } from './config.ts';
import { exitCodes, iscsiadm } from './iscsiadm.ts';
import { parseInitiatorName, pathsOf, type TargetPath } from './parse.ts';
import { isMountedDevice, multipathOver, sessionsOf, type SessionDisk } from './sysfs.ts';

const initiatorFile = '/etc/iscsi/initiatorname.iscsi';
/** A target that has let us in shows its LUNs within seconds. */
const deviceTimeoutMs = 60_000;
const silenceTimeoutMs = 60_000;

export class OpenIscsiConnector implements Connector {
  readonly name = 'open-iscsi';
  readonly #options: OpenIscsiOptions;

  constructor(options: OpenIscsiOptions) {
    this.#options = options;
  }

  /** As os-brick's `get_connector_properties` names them. Throws Misconfigured where the initiator has no name. */
  async properties(): Promise<ConnectorProperties> {
    const { host, my_ip: ip } = this.#options;
    const text = await readFile(initiatorFile, 'utf8').catch(() => '');
    const initiator = parseInitiatorName(text);
    if (initiator === null) {
      throw new StorageError('Misconfigured', `${initiatorFile} names no initiator (Debian package open-iscsi)`);
    }
    const multipath = await this.#hasMultipath();
    return { initiator, host, ip, multipath, platform: machine(), os_type: process.platform };
  }

  /** One login for each portal where multipathd runs; otherwise the first portal that lets us in. */
  async connect(
    step: StepContext,
    _volumeId: string,
    connection: ConnectionInfo,
    chap: ChapSecret | null,
  ): Promise<{ path: string }> {
    const paths = pathsOf(connection);
    const useAll = paths.length > 1 && (await this.#hasMultipath());
    if (this.#options.enforce_multipath && !useAll) {
      throw new StorageError('Misconfigured', 'enforce_multipath is set, and multipathd does not run on this host');
    }
    const connected = await this.#logInToSome(step, paths, chap, useAll);
    const disks = await Promise.all(connected.map((path) => this.#waitForDisk(step, path)));
    const [first] = disks;
    if (!useAll || !first) return { path: `/dev/${first?.name}` };
    return { path: `/dev/mapper/${await this.#waitForMultipath(step, first)}` };
  }

  async disconnect(step: StepContext, _volumeId: string, connection: ConnectionInfo): Promise<void> {
    const paths = pathsOf(connection);
    const found = await this.#disksOf(paths);
    await mustNotBeMounted(found);
    const maps = new Set(
      (await Promise.all(found.map(({ name }) => multipathOver(name)))).filter((map) => map !== null),
    );
    for (const map of maps) await runAsRoot(commands.flushMultipath(map), { silenceTimeoutMs, ...handed(step) });
    for (const { name } of found) await this.#takeOut(step, name);
    for (const path of paths) {
      // Targets of others have a LUN for each of several volumes: their session stays while one of them is in use.
      const others = (await sessionsOf(path.iqn)).flatMap(({ disks }) => disks).filter(({ lun }) => lun !== path.lun);
      if (others.length > 0) continue;
      await iscsiadm(commands.logout(path), step, [exitCodes.noObjectsFound]);
      await iscsiadm(commands.deleteNode(path), step, [exitCodes.noObjectsFound]);
    }
  }

  /** Answers the paths that are logged in. Throws the last refusal when there is none. */
  async #logInToSome(
    step: StepContext,
    paths: readonly TargetPath[],
    chap: ChapSecret | null,
    all: boolean,
  ): Promise<readonly TargetPath[]> {
    const connected: TargetPath[] = [];
    let refusal: unknown = new StorageError('Unreachable', 'the connection has no portal');
    for (const path of paths) {
      try {
        await this.#logIn(step, path, chap);
        connected.push(path);
        if (!all) break;
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        refusal = error;
        await iscsiadm(commands.deleteNode(path), step, [exitCodes.noObjectsFound]);
      }
    }
    if (connected.length === 0) throw refusal;
    return connected;
  }

  async #logIn(step: StepContext, path: TargetPath, chap: ChapSecret | null): Promise<void> {
    if ((await sessionsOf(path.iqn)).some(({ portal }) => portal === path.portal)) return;
    const known = await iscsiadm(commands.showNode(path), step, [exitCodes.noObjectsFound]);
    if (known !== 0) await iscsiadm(commands.newNode(path), step);
    if (chap) {
      await iscsiadm(commands.updateNode(path, 'node.session.auth.authmethod', 'CHAP'), step);
      await iscsiadm(commands.updateNode(path, 'node.session.auth.username', chap.username), step);
      await iscsiadm(commands.updatePassword(path, chap.password), step);
    }
    await iscsiadm(commands.login(path), step, [exitCodes.sessionExists]);
  }

  /** The LUN may be newer than the session: then the target is asked again. */
  async #waitForDisk(step: StepContext, path: TargetPath): Promise<SessionDisk> {
    let disk = await diskOf(path);
    if (!disk) await iscsiadm(commands.rescan(path), step);
    const options = { timeoutMs: deviceTimeoutMs, signal: step.signal, intervalMs: 100 };
    await eventually(`LUN ${path.lun} of ${path.iqn} to become a disk of this host`, options, async () => {
      disk = await diskOf(path);
      return disk !== null;
    });
    return disk as SessionDisk;
  }

  async #waitForMultipath(step: StepContext, disk: SessionDisk): Promise<string> {
    let name: string | null = null;
    const options = { timeoutMs: deviceTimeoutMs, signal: step.signal, intervalMs: 100 };
    await eventually(`multipathd to take /dev/${disk.name}`, options, async () => {
      name = await multipathOver(disk.name);
      return name !== null;
    });
    return name ?? disk.name;
  }

  async #disksOf(paths: readonly TargetPath[]): Promise<readonly SessionDisk[]> {
    const found = await Promise.all(paths.map(diskOf));
    const disks = found.filter((disk) => disk !== null);
    return disks.filter((disk, index) => disks.findIndex(({ name }) => name === disk.name) === index);
  }

  /** What is still in the kernel's cache goes to the target first. */
  async #takeOut(step: StepContext, name: string): Promise<void> {
    await runAsRoot(commands.flushDevice(name), { silenceTimeoutMs, ...handed(step) });
    await runAsRoot(commands.deleteDevice(name), { silenceTimeoutMs, input: '1', ...handed(step) });
  }

  async #hasMultipath(): Promise<boolean> {
    try {
      const { exitCode } = await runAsRoot(commands.multipathStatus, { silenceTimeoutMs: 10_000, okExitCodes: [0, 1] });
      return exitCode === 0;
    } catch (error) {
      if (error instanceof StorageError && error.code === 'CommandMissing') return false;
      throw error;
    }
  }
}

const handed = ({ signal, lockFd }: StepContext): Pick<StepContext, 'signal' | 'lockFd'> => ({ signal, lockFd });

async function diskOf(path: TargetPath): Promise<SessionDisk | null> {
  const session = (await sessionsOf(path.iqn)).find(({ portal }) => portal === path.portal);
  return session?.disks.find(({ lun }) => lun === path.lun) ?? null;
}

/** Whoever has it mounted would lose what it writes. */
async function mustNotBeMounted(disks: readonly SessionDisk[]): Promise<void> {
  const mountinfo = await readFile('/proc/self/mountinfo', 'utf8');
  const mounted = disks.find(({ device }) => isMountedDevice(mountinfo, device));
  if (mounted) throw new StorageError('Busy', `/dev/${mounted.name} is mounted`);
}

/** os-brick's `platform`: what uname(1) calls the machine. */
function machine(): string {
  const machines: Readonly<Partial<Record<NodeJS.Architecture, string>>> = { x64: 'x86_64', arm64: 'aarch64' };
  return machines[process.arch] ?? process.arch;
}
