// Our own server as a user starts it: `./scoria up` in a state directory of its own, on free ports.
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDaemon, type Daemon } from '../privileged/daemon.ts';
import { waitUntil } from '../workers/embedded/eventually.ts';
import type { LaunchFacts } from '../workers/embedded/launch-options.ts';
import { createVolumeClient, type VolumeClient } from './client.ts';
import type { BenchOptions } from './options.ts';
import { benchConfig } from './scoria-config.ts';
import { fillVolumes } from './scoria-fill.ts';
import { shelfProject, workProject, type Side } from './side.ts';

const scoria = fileURLToPath(new URL('../scoria', import.meta.url));
const startTimeoutMs = 180_000;
const stopGraceMs = 60_000;

export interface ScoriaSide extends Side {
  readonly facts: LaunchFacts;
}

/** Starts it and answers when it is healthy. What it stored is removed in the end, unless `keep`. */
export async function openScoria(options: Pick<BenchOptions, 'concurrency' | 'keep'>): Promise<ScoriaSide> {
  const directory = await mkdtemp(join(tmpdir(), 'scoria-bench-'));
  const { daemon, facts } = await start(directory).catch(async (error: unknown) => {
    await rm(directory, { recursive: true, force: true });
    throw error;
  });
  const clientOf = (project: string): VolumeClient =>
    createVolumeClient({ url: `${facts.apiUrl}/v3/${project}`, token: `admin:${project}` }, options.concurrency + 1);
  const work = clientOf(workProject);
  const shelf = clientOf(shelfProject);
  const close = async (): Promise<void> => {
    await Promise.all([work.close(), shelf.close()]);
    await daemon.stop(stopGraceMs);
    if (options.keep) console.error(`bench: Scoria's state and logs are in ${directory}`);
    else await rm(directory, { recursive: true, force: true });
  };
  try {
    await ensureType(work);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    name: 'scoria',
    facts,
    work,
    shelf,
    fill: (seedId, rows) => fillVolumes(facts.databaseUrl, seedId, rows),
    volumeFile: (volumeId) => findVolumeFile(facts.stateDir, volumeId),
    processes: async () =>
      Object.fromEntries(Object.entries(facts.pids).flatMap(([name, pid]) => (pid === null ? [] : [[name, pid]]))),
    close,
  };
}

async function start(directory: string): Promise<{ daemon: Daemon; facts: LaunchFacts }> {
  const [config, readyFile, logFile] = ['bench.conf', 'ready.json', 'up.log'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(config, benchConfig);
  const ports = ['--api-port=0', '--temporal-port=0', '--temporal-ui-port=0', '--postgres-port=0'];
  const state = ['--state-dir', join(directory, 'state'), '--config', config, '--ready-file', readyFile];
  const daemon = await startDaemon({
    command: scoria,
    args: ['up', ...state, ...ports],
    logFile,
    stopSignal: 'SIGTERM',
  });
  const hopeless = daemon.exited.then(async () => `it has ended:\n${await readFile(logFile, 'utf8')}`);
  try {
    const facts = await waitUntil('starting Scoria', { timeoutMs: startTimeoutMs, hopeless }, async () => {
      return JSON.parse(await readFile(readyFile, 'utf8')) as LaunchFacts;
    });
    return { daemon, facts };
  } catch (error) {
    await daemon.stop(stopGraceMs);
    throw error;
  }
}

/** The default type, with the extra spec that the peer's has. */
async function ensureType(client: VolumeClient): Promise<void> {
  const { text } = await client.ask('GET', '/types');
  const { volume_types: types } = JSON.parse(text) as { volume_types: { name: string }[] };
  if (types.some(({ name }) => name === 'lf')) return;
  const type = { name: 'lf', extra_specs: { volume_backend_name: 'lf' } };
  await client.ask('POST', '/types', { volume_type: type });
}

async function findVolumeFile(stateDir: string, volumeId: string): Promise<string> {
  for (const backend of ['lf', 'lf2']) {
    const path = join(stateDir, 'volumes', backend, `volume-${volumeId}`);
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  throw new Error(`no file of volume ${volumeId} below ${stateDir}`);
}
