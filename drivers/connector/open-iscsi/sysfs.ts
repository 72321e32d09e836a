// Finds in sysfs which disks an iSCSI session has brought: right with udevd and without.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A LUN of a session of this host. */
export interface SessionDisk {
  readonly lun: number;
  /** Name of the block device: `sdb`. */
  readonly name: string;
  /** `major:minor` */
  readonly device: string;
}

export interface Session {
  readonly iqn: string;
  /** `address:port` that it was logged in to; null while the kernel does not say. */
  readonly portal: string | null;
  readonly disks: readonly SessionDisk[];
}

/** Every session to `iqn`. `root` is /sys. */
export async function sessionsOf(iqn: string, root = '/sys'): Promise<readonly Session[]> {
  const sessions: Session[] = [];
  const all = join(root, 'class/iscsi_session');
  for (const name of await namesIn(all)) {
    if ((await textOf(join(all, name, 'targetname'))) !== iqn) continue;
    sessions.push({ iqn, portal: await portalOf(root, name), disks: await disksOf(join(all, name, 'device')) });
  }
  return sessions;
}

/** The connection of a session has its number: session3 → connection3:0. */
async function portalOf(root: string, session: string): Promise<string | null> {
  const connection = join(root, 'class/iscsi_connection', `${session.replace('session', 'connection')}:0`);
  const address = await textOf(join(connection, 'persistent_address'));
  const port = await textOf(join(connection, 'persistent_port'));
  if (address === null || port === null) return null;
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** Below a session's device: target<host>:<channel>:<id>/<host>:<channel>:<id>:<lun>/block/<name>. */
async function disksOf(device: string): Promise<readonly SessionDisk[]> {
  const disks: SessionDisk[] = [];
  for (const target of (await namesIn(device)).filter((name) => name.startsWith('target'))) {
    for (const unit of await namesIn(join(device, target))) {
      const lun = /^\d+:\d+:\d+:(\d+)$/.exec(unit)?.[1];
      const [name] = lun === undefined ? [] : await namesIn(join(device, target, unit, 'block'));
      const number = name === undefined ? null : await textOf(join(device, target, unit, 'block', name, 'dev'));
      if (lun !== undefined && name !== undefined && number !== null) {
        disks.push({ lun: Number(lun), name, device: number });
      }
    }
  }
  return disks;
}

/** The multipath device over a disk: its name below /dev/mapper, or null. */
export async function multipathOver(disk: string, root = '/sys'): Promise<string | null> {
  for (const holder of await namesIn(join(root, 'block', disk, 'holders'))) {
    const uuid = await textOf(join(root, 'block', holder, 'dm/uuid'));
    if (uuid?.startsWith('mpath-')) return textOf(join(root, 'block', holder, 'dm/name'));
  }
  return null;
}

/** True when `/proc/self/mountinfo` has the device, in its third field: proc_pid_mountinfo(5). */
export function isMountedDevice(mountinfo: string, device: string): boolean {
  return mountinfo.split('\n').some((line) => line.split(' ')[2] === device);
}

async function namesIn(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch(() => []);
}

/** Null for what is not there, or is going away while it is read. */
async function textOf(path: string): Promise<string | null> {
  return readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
}
