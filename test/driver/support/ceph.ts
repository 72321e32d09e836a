// A Ceph cluster of one node for one test file (monitor, manager, one OSD on a file), or the reason why there is none here.
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../../../drivers/data/eventually.ts';
import type { Argv } from '../../../privileged/argv.ts';
import { startDaemon, type Daemon } from '../../../privileged/daemon.ts';
import { minimalEnvironment } from '../../../privileged/environment.ts';
import { findProgram } from '../../../privileged/find-program.ts';
import { run, type RunResult } from '../../../privileged/run.ts';
import { freePort, scratchDirectory } from './step.ts';

const programs = {
  ...{
    'ceph-mon': 'ceph-mon',
    'ceph-osd': 'ceph-osd',
    'ceph-mgr': 'ceph-mgr',
    rbd: 'ceph-common',
    ceph: 'ceph-common',
  },
  ...{ 'qemu-storage-daemon': 'qemu-system-common', 'qemu-io': 'qemu-utils' },
};

/** A sentence, or null when a real cluster can be had here. Printed, so that nobody takes a skip for a pass. */
export async function whyNoCeph(): Promise<string | null> {
  const reason = await missing();
  if (reason !== null) console.warn(`Ceph tests skipped: ${reason}`);
  return reason;
}

async function missing(): Promise<string | null> {
  if (process.getuid?.() !== 0) return 'images are shown through FUSE, which needs root here';
  for (const [program, debianPackage] of Object.entries(programs)) {
    if ((await findProgram(program)) === null) return `${program} is missing (Debian package ${debianPackage})`;
  }
  const argv = [
    'qemu-img',
    'info',
    'rbd:none/none:conf=/dev/null:mon_host=127.0.0.1,1:client_mount_timeout=1',
  ] as const;
  const { stderr } = await run(argv, { silenceTimeoutMs: 30_000, okExitCodes: [0, 1] });
  return /Unknown (?:protocol|driver)/.test(stderr)
    ? "QEMU's rbd driver is missing (Debian package qemu-block-extra)"
    : null;
}

export interface TestCeph {
  readonly conf: string;
  readonly directory: string;
  /** `ceph` or `rbd` with the cluster's configuration; other exit codes than those answered throw. */
  tool(argv: Argv, okExitCodes?: readonly number[]): Promise<RunResult>;
  /** Removes every image of the pool, with all its snapshots. */
  emptyPool(pool: string): Promise<void>;
  stop(): Promise<void>;
}

/** With one pool `volumes`, about which the manager has reported. About ten seconds. */
export async function startCeph(): Promise<TestCeph> {
  const scratch = await scratchDirectory();
  const directory = scratch.path;
  const conf = join(directory, 'ceph.conf');
  const daemons: Daemon[] = [];
  const tool: TestCeph['tool'] = ([program, ...words], okExitCodes = [0]) =>
    run([program, '--conf', conf, ...words], { silenceTimeoutMs: 60_000, okExitCodes });
  const start = async (name: string, ...words: string[]): Promise<void> => {
    const logFile = join(directory, `${name}.out`);
    const args = ['-f', '--conf', conf, ...words];
    daemons.push(
      await startDaemon({
        command: `/usr/bin/${name}`,
        args,
        logFile,
        stopSignal: 'SIGTERM',
        env: minimalEnvironment(),
      }),
    );
  };
  const stop = async (): Promise<void> => {
    // The OSD says good-bye to the monitor.
    for (const daemon of daemons.reverse()) await daemon.stop(10_000);
    await scratch.remove();
  };
  try {
    const address = `[v2:127.0.0.1:${await freePort()},v1:127.0.0.1:${await freePort()}]`;
    const fsid = randomUUID();
    await writeFile(conf, configuration(directory, fsid, address));
    for (const place of ['mon.a', 'osd.0', 'mgr.x', 'run']) await mkdir(join(directory, place));
    await startMonitor(directory, { fsid, address, tool, start });
    await startOsd(directory, { tool, start });
    await startManager(directory, { tool, start });
    await tool(['ceph', 'osd', 'pool', 'create', 'volumes', '4']);
    await eventually('a report of the pool', { timeoutMs: 60_000, intervalMs: 300 }, async () => {
      const { stdout } = await tool(['ceph', 'df', '--format', 'json']);
      const { pools } = JSON.parse(stdout) as { pools: { name: string; stats: { max_avail: number } }[] };
      return pools.some(({ name, stats }) => name === 'volumes' && stats.max_avail > 0);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { conf, directory, tool, stop, emptyPool: (pool) => emptyPool(tool, pool) };
}

interface Making {
  readonly tool: TestCeph['tool'];
  start(name: string, ...words: string[]): Promise<void>;
}

const once = (argv: Argv): Promise<RunResult> => run(argv, { silenceTimeoutMs: 60_000 });

async function startMonitor(
  directory: string,
  { fsid, address, tool, start }: Making & { readonly fsid: string; readonly address: string },
): Promise<void> {
  const [keys, admin, map] = ['mon.keyring', 'admin.keyring', 'monmap'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  await once(['ceph-authtool', '--create-keyring', keys, '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *']);
  const all = ['mon', 'osd', 'mgr'].flatMap((kind) => ['--cap', kind, 'allow *']);
  await once(['ceph-authtool', '--create-keyring', admin, '--gen-key', '-n', 'client.admin', ...all]);
  await once(['ceph-authtool', keys, '--import-keyring', admin]);
  await once(['monmaptool', '--create', '--fsid', fsid, '--addv', 'a', address, map]);
  await tool(['ceph-mon', '--mkfs', '-i', 'a', '--monmap', map, '--keyring', keys]);
  await start('ceph-mon', '-i', 'a', '--keyring', keys);
  await tool(['ceph', 'osd', 'stat']);
}

async function startOsd(directory: string, { tool, start }: Making): Promise<void> {
  const [keyring, secret, uuid] = [join(directory, 'osd.0', 'keyring'), join(directory, 'osd.json'), randomUUID()];
  const caps = ['--cap', 'mon', 'allow profile osd', '--cap', 'osd', 'allow *', '--cap', 'mgr', 'allow profile osd'];
  await once(['ceph-authtool', '--create-keyring', keyring, '--gen-key', '-n', 'osd.0', ...caps]);
  const { stdout: key } = await once(['ceph-authtool', keyring, '-n', 'osd.0', '-p']);
  await writeFile(secret, JSON.stringify({ cephx_secret: key.trim() }));
  await tool(['ceph', 'osd', 'new', uuid, '0', '-i', secret]);
  await tool(['ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', uuid, '--keyring', keyring]);
  await start('ceph-osd', '-i', '0', '--keyring', keyring);
  await eventually('the OSD', { timeoutMs: 60_000, intervalMs: 200 }, async () =>
    /1 up/.test((await tool(['ceph', 'osd', 'stat'])).stdout),
  );
}

async function startManager(directory: string, { tool, start }: Making): Promise<void> {
  const keyring = join(directory, 'mgr.x', 'keyring');
  const caps = ['mon', 'allow profile mgr', 'osd', 'allow *', 'mds', 'allow *'];
  await tool(['ceph', 'auth', 'get-or-create', 'mgr.x', ...caps, '-o', keyring]);
  await start('ceph-mgr', '-i', 'x', '--keyring', keyring);
}

async function emptyPool(tool: TestCeph['tool'], pool: string): Promise<void> {
  const { stdout } = await tool(['rbd', 'ls', '--long', '--format', 'json', '--pool', pool]);
  const rows = JSON.parse(stdout) as { image: string; snapshot?: string; parent?: object; protected?: string }[];
  const images = rows.filter(({ snapshot }) => snapshot === undefined);
  for (const { image } of images.filter(({ parent }) => parent)) await tool(['rbd', 'flatten', `${pool}/${image}`]);
  for (const { image, snapshot, protected: isProtected } of rows) {
    if (isProtected === 'true') await tool(['rbd', 'snap', 'unprotect', `${pool}/${image}@${snapshot}`]);
  }
  for (const { image } of images) {
    if (rows.some((row) => row.image === image && row.snapshot))
      await tool(['rbd', 'snap', 'purge', `${pool}/${image}`]);
    await tool(['rbd', 'rm', `${pool}/${image}`]);
  }
}

/** As small as it goes: one copy, four groups, 4 GiB that are a sparse file. */
const configuration = (directory: string, fsid: string, address: string): string => `[global]
fsid = ${fsid}
mon host = ${address}
public network = 127.0.0.0/8
ms bind ipv6 = false
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = ${directory}/admin.keyring
osd pool default size = 1
osd pool default min size = 1
osd crush chooseleaf type = 0
mon allow pool size one = true
mon allow pool delete = true
osd pool default pg autoscale mode = off
run dir = ${directory}/run
admin socket = ${directory}/run/$name.$pid.asok
log file =
log to stderr = false
crash dir = ${directory}
[mon]
mon data = ${directory}/mon.$id
mon data avail crit = 1
mon data avail warn = 2
auth allow insecure global id reclaim = false
[mgr]
mgr data = ${directory}/mgr.$id
mgr stats period = 1
mgr initial modules =
mgr disabled modules = restful,dashboard,diskprediction_local,pg_autoscaler,devicehealth
[osd]
osd data = ${directory}/osd.$id
osd objectstore = bluestore
bluestore block size = 4294967296
bluestore block create = true
osd memory target = 939524096
bluestore cache size = 67108864
bluestore cache autotune = false
osd op num shards = 1
osd op num threads per shard = 2
`;
