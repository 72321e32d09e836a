// `scoria doctor`: what this machine has and lacks, what each lack costs, and what to type.
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { externalTemporalAddress } from '../config/environment.ts';
import { isLoopback } from '../config/loopback.ts';
import { mergeSources, readSources } from '../config/source.ts';
import { locateClients } from '../embedded/clients.ts';
import { probeGuest, probeLibvirt, type LackingPart } from '../embedded/libvirtd-probe.ts';
import { loopback } from '../embedded/ports.ts';
import { findProgram } from '../embedded/programs.ts';
import { locateTemporalCli } from '../embedded/temporal-cli.ts';
import { probeBackupStore, type BackupProbe } from './backup-probe.ts';
import { canCloneFiles } from './reflink-probe.ts';
import { probeRootwrap } from './rootwrap-probe.ts';

interface Finding {
  readonly what: string;
  readonly isThere: boolean;
  readonly detail: string;
  /** What does not work without it, and what to type. */
  readonly cost: string;
  readonly remedy: string | null;
  /** Nothing works without it. */
  readonly isVital?: boolean;
  /** What is said instead of "missing". */
  readonly lack?: string;
}

/** Prints one line for each part; answers 1 when Scoria cannot start here. */
export async function doctor(stateDir: string, configFiles: readonly string[] = []): Promise<number> {
  const findings = await Promise.all([...probes, ...probesOfPlace(stateDir, configFiles)].map((probe) => probe()));
  const width = Math.max(...findings.map(({ what }) => what.length));
  for (const { what, isThere, detail, cost, remedy, lack = 'missing' } of findings) {
    console.log(`${(isThere ? 'ok' : lack).padEnd(7)}  ${what.padEnd(width)}  ${isThere ? detail : cost}`);
    if (!isThere && remedy !== null) console.log(`         ${' '.repeat(width)}  → ${remedy}`);
  }
  const vital = findings.filter(({ isThere, isVital }) => isVital && !isThere);
  console.log(
    vital.length === 0
      ? '\nScoria can run here.'
      : `\nScoria cannot run here: ${vital.map(({ what }) => what).join(', ')}`,
  );
  return vital.length === 0 ? 0 : 1;
}

type Probe = () => Promise<Finding>;

/** A program that a Debian package brings. */
function program(name: string, what: string, packageName: string, cost: string): Probe {
  return async () => {
    const path = await findProgram(name);
    return { what, isThere: path !== null, detail: path ?? '', cost, remedy: `apt-get install ${packageName}` };
  };
}

function parts(what: string, probe: () => Promise<readonly LackingPart[]>, cost: string): Probe {
  return async () => {
    const lacking = await probe();
    const packages = lacking.flatMap(({ aptPackage }) => aptPackage ?? []);
    return {
      what,
      isThere: lacking.length === 0,
      detail: 'everything is there',
      cost: `${cost} Lacking: ${lacking.map((part) => part.what).join(', ')}.`,
      remedy: packages.length > 0 ? `apt-get install ${[...new Set(packages)].join(' ')}` : null,
    };
  };
}

/** The configuration of the state directory, if there is one: without authentication only this machine may ask. */
function authentication(stateDir: string): Finding {
  const file = join(stateDir, 'scoria.conf');
  const source = mergeSources(existsSync(file) ? readSources([file]) : []);
  const strategy = source.get('DEFAULT', 'auth_strategy')?.value ?? 'noauth';
  const address = source.get('DEFAULT', 'osapi_volume_listen')?.value ?? loopback;
  return {
    what: 'authentication',
    isThere: strategy === 'keystone' || isLoopback(address),
    lack: 'open',
    detail: strategy === 'keystone' ? 'Keystone' : `none, on ${address} only`,
    cost: `whoever reaches ${address} is an administrator of every project (auth_strategy = noauth).`,
    remedy: `auth_strategy = keystone, or osapi_volume_listen = ${loopback}, in ${file}`,
  };
}

/** Before the first backup finds out. */
function backupStore(probe: BackupProbe | null): Finding {
  return {
    what: 'backup store',
    isThere: probe?.isThere ?? true,
    lack: 'broken',
    detail: probe?.words ?? 'below the state directory; there is no configuration yet',
    cost: `no backup can be made: ${probe?.words}.`,
    remedy: null,
  };
}

const probes: readonly Probe[] = [
  async () => ({ what: 'Node.js', isThere: true, detail: process.version, cost: '', remedy: null, isVital: true }),
  async () => {
    const address = externalTemporalAddress();
    const path = address ?? (await locateTemporalCli());
    return {
      what: 'Temporal',
      isThere: path !== null,
      detail: address ? `a server at ${address} (TEMPORAL_ADDRESS)` : (path ?? ''),
      cost: 'it will be downloaded (45 MB) at the first start.',
      remedy: null,
    };
  },
  program('npm', 'npm', 'npm', 'packages cannot be brought up to date after the next pull.'),
  program(
    'python3',
    'Python 3',
    'python3 python3-venv',
    "the OpenStack clients, and Temporal's second source, need it.",
  ),
  async () => {
    const clients = await locateClients();
    const path = clients?.openstack ?? (await findProgram('openstack'));
    const cost = 'no `openstack` command to try Scoria with.';
    return { what: 'OpenStack clients', isThere: path !== null, detail: path ?? '', cost, remedy: './scoria clients' };
  },
  async () => ({
    what: 'root',
    isThere: process.getuid?.() === 0,
    detail: 'tgtd and libvirt can run',
    cost: 'no iSCSI target and no instances: volumes, snapshots and backups work, attaching does not.',
    remedy: 'sudo ./scoria up',
  }),
  async () => {
    const { isThere, words } = await probeRootwrap();
    const cost = `a worker that is not root cannot do what needs root: ${words}.`;
    return { what: 'scoria-rootwrap', isThere, detail: words, cost, remedy: 'docs/privilege.md says how to set it up' };
  },
  program('tgtd', 'iSCSI target', 'tgt', 'volumes cannot be exported, so not attached.'),
  program(
    'qemu-img',
    'iSCSI initiator',
    'qemu-utils qemu-block-extra',
    'backups of exported volumes and the tests need it.',
  ),
  program('rbd', 'Ceph client', 'ceph-common qemu-block-extra', 'back-ends with volume_driver = rbd cannot start.'),
  parts('libvirt', probeLibvirt, 'volumes cannot be plugged into instances.'),
  parts('guest image', probeGuest, 'the demo cannot boot an instance of its own; it attaches to this machine.'),
];

/** A first start fills about this much: packages, PostgreSQL, Temporal. */
const leastFreeGib = 2;

/** What depends on where the state is kept. */
const probesOfPlace = (stateDir: string, configFiles: readonly string[]): readonly Probe[] => [
  async () => ({
    what: 'reflinks',
    isThere: await canCloneFiles(stateDir),
    lack: 'slower',
    detail: `${stateDir} clones files without copying`,
    cost: `snapshots below ${stateDir} copy the data (sparsely) instead of sharing it.`,
    remedy: 'choose a --state-dir on XFS or btrfs',
  }),
  async () => {
    const freeGib = await freeGibAt(stateDir);
    return {
      what: 'disk space',
      isThere: freeGib >= leastFreeGib,
      lack: 'little',
      detail: `${Math.floor(freeGib)} GiB free for ${stateDir}`,
      cost: `${freeGib.toFixed(1)} GiB free for ${stateDir}: a first start needs about ${leastFreeGib}.`,
      remedy: 'choose another --state-dir',
    };
  },
  () => Promise.resolve(authentication(stateDir)),
  async () => backupStore(await probeBackupStore(stateDir, configFiles)),
];

/** Of the file system that holds the directory, or will. */
async function freeGibAt(path: string): Promise<number> {
  const found = await statfs(path).catch(() => null);
  if (found) return (found.bavail * found.bsize) / 1024 ** 3;
  return dirname(path) === path ? 0 : freeGibAt(dirname(path));
}
