// A real Cinder, started by the peer kit, which is no part of this project: --peer or SCORIA_PEER_KIT names it.
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRunTool } from '../privileged/tool.ts';
import { createVolumeClient } from './client.ts';
import type { BenchOptions } from './options.ts';
import { shelfProject, workProject, type Side } from './side.ts';

const startTimeoutMs = 300_000;
/** Pid files of the kit's processes. */
const processNames = ['api', 'scheduler', 'volume', 'backup', 'mariadb', 'rabbit'] as const;
/** The kit adds these to one base. */
const cinderPort = 76;
const databasePort = 6;

/** Starts the kit's Cinder, or uses the one that runs. One that the bench has started is stopped in the end. */
export async function openCinder(options: BenchOptions): Promise<Side> {
  const kit = await mustHaveKit(options.peer);
  const env = { PEER_DIR: options.peerDir };
  const ranBefore = await isRunning(options.peerDir);
  const { stdout } = await mustRunTool(join(kit, 'start'), [], { timeoutMs: startTimeoutMs, env });
  const url = /noauth\s+(http\S+\/v3)/.exec(stdout)?.[1];
  if (url === undefined) throw new Error(`${kit}/start did not say where its API is:\n${stdout}`);
  const clientOf = (project: string) =>
    createVolumeClient({ url: `${url}/${project}`, token: `admin:${project}` }, options.concurrency + 1);
  const work = clientOf(workProject);
  const shelf = clientOf(shelfProject);
  return {
    name: 'cinder',
    work,
    shelf,
    fill: (seedId, rows) => fill(kit, options.peerDir, Number(new URL(url).port), seedId, rows),
    volumeFile: (volumeId) => findVolumeFile(options.peerDir, volumeId),
    processes: () => processesOf(options.peerDir),
    async close() {
      await Promise.all([work.close(), shelf.close()]);
      if (!ranBefore) await mustRunTool(join(kit, 'stop'), [], { timeoutMs: startTimeoutMs, env });
    },
  };
}

async function mustHaveKit(kit: string | undefined): Promise<string> {
  const hint =
    'give the directory of the kit that starts a real Cinder with --peer DIR or SCORIA_PEER_KIT, or measure ours alone with --sides scoria';
  if (kit === undefined) throw new Error(`there is no Cinder to compare with: ${hint}`);
  await access(join(kit, 'start')).catch(() => {
    throw new Error(`${kit} has no program \`start\`: ${hint}`);
  });
  return kit;
}

async function pidOf(peerDir: string, name: string): Promise<number | null> {
  const text = await readFile(join(peerDir, 'run', `${name}.pid`), 'utf8').catch(() => '');
  const pid = Number(text.trim());
  const alive =
    pid > 0 &&
    (await access(`/proc/${pid}`).then(
      () => true,
      () => false,
    ));
  return alive ? pid : null;
}

const isRunning = async (peerDir: string): Promise<boolean> => (await pidOf(peerDir, 'api')) !== null;

async function processesOf(peerDir: string): Promise<Record<string, number>> {
  const found = await Promise.all(processNames.map(async (name) => [name, await pidOf(peerDir, name)] as const));
  return Object.fromEntries(found.flatMap(([name, pid]) => (pid === null ? [] : [[name, pid]])));
}

/** The kit's own way of filling: SQL copies with one metadata item each. */
async function fill(kit: string, peerDir: string, apiPort: number, seedId: string, rows: number): Promise<void> {
  const program = 'import sys; from fill import fill; print(fill(sys.argv[1], sys.argv[2], int(sys.argv[3])))';
  const { stdout } = await mustRunTool(
    join(peerDir, 'venv', 'cinder', 'bin', 'python'),
    ['-c', program, shelfProject, seedId, String(rows)],
    {
      timeoutMs: 300_000,
      env: {
        PYTHONPATH: kit,
        PYTHONDONTWRITEBYTECODE: '1',
        PEER_MYSQL_PORT: String(apiPort - cinderPort + databasePort),
      },
    },
  );
  if (Number(stdout.trim()) < rows) throw new Error(`Cinder's project has ${stdout.trim()} volumes instead of ${rows}`);
}

async function findVolumeFile(peerDir: string, volumeId: string): Promise<string> {
  for (const backend of ['lf', 'lf2']) {
    const path = join(peerDir, 'vols', backend, `volume-${volumeId}`);
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  throw new Error(`no file of volume ${volumeId} below ${peerDir}`);
}
