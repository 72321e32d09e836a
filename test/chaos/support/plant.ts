// A whole Scoria of separate processes for fault tests: servers, API, workers, a target and small disks, all killable.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection, type WorkflowClientInterceptor } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { pino } from 'pino';
import { createOperationStarter, type OperationStarter } from '../../../api/operations/starter.ts';
import { fileVolumeOptions } from '../../../drivers/volume/file/config.ts';
import { FileVolumeDriver } from '../../../drivers/volume/file/driver.ts';
import type { PrismaClient } from '../../../prisma/generated/client.ts';
import { createDatabase } from '../../../prisma/store/database/client.ts';
import { mustRunTool } from '../../../privileged/tool.ts';
import { claimPort } from '../../../workers/embedded/ports.ts';
import { Commands } from './commands.ts';
import { Disk } from './disks.ts';
import { Gate } from './gate.ts';
import {
  backendNames,
  backupDirOf,
  capacityGib,
  hosts,
  stateDirOf,
  volumesDirOf,
  writeConfigs,
  type PlantFacts,
} from './plant-config.ts';
import { Processes, workerRoles } from './processes.ts';
import { letGoOfVolumes } from './reset.ts';
import { Servers } from './servers.ts';

export interface PlantBackend {
  readonly host: string;
  readonly backend: string;
  readonly driver: FileVolumeDriver;
}

export interface Plant {
  readonly facts: PlantFacts;
  readonly db: PrismaClient;
  readonly temporal: Client;
  /** Accepts and starts operations as the API does, in this process, so that the API's own can be killed. */
  readonly starter: OperationStarter;
  readonly gate: Gate;
  readonly processes: Processes;
  readonly servers: Servers;
  readonly commands: Commands;
  readonly disks: readonly Disk[];
  readonly backends: readonly PlantBackend[];
  stop(): Promise<void>;
}

/**
 * A dead control worker is noticed by the time limit of its workflow task: 3 s here instead of Temporal's 10, so that
 * a cell does not wait.
 */
const shortTasks: WorkflowClientInterceptor = {
  startWithDetails: (input, next) =>
    next({ ...input, options: { ...input.options, workflowTaskTimeout: msToTs('3 s') } }),
};

/**
 * Starts everything. It needs root and a mount namespace of its own: workers/cli/chaos.ts makes one. `cluster`: with a
 * production Temporal server of several processes.
 */
export async function startPlant(say: (line: string) => void, { cluster = false } = {}): Promise<Plant> {
  const directory = await mkdtemp(join(tmpdir(), 'scoria-chaos-'));
  // In memory: synced writes cost nothing there, so the servers keep their durable settings, which kills must not beat.
  await mustRunTool('mount', ['-t', 'tmpfs', '-o', 'mode=755,size=4g', 'scoria-chaos', directory], {
    timeoutMs: 10_000,
  });
  const commands = await Commands.wrap(await made(directory, 'commands'));
  say(`starting PostgreSQL, Temporal and tgtd in ${directory}`);
  const servers = await Servers.start(directory, cluster, say);
  const facts: PlantFacts = {
    directory,
    ...servers.addresses,
    apiPort: await claimPort({ flag: '--api-port', port: 0 }),
  };
  await writeConfigs(facts);
  const disks: Disk[] = [];
  for (const path of [...backendNames.map((name) => volumesDirOf(facts, name)), backupDirOf(facts)])
    disks.push(await Disk.mount(path));
  for (const name of workerRoles) await mkdir(join(stateDirOf(facts, name), 'locks'), { recursive: true });
  const gate = await Gate.open(join(directory, 'gate.sock'));
  const processes = new Processes({ directory, gatePath: gate.path });
  const db = createDatabase(facts.databaseUrl);
  const temporal = new Client({
    connection: await Connection.connect({ address: facts.temporalAddress }),
    interceptors: { workflow: [shortTasks] },
  });
  const log = pino({ level: 'silent' });
  const starter = createOperationStarter({ db, temporal, log, settings: { quotaDefaults: {}, backlogLimit: 10_000 } });
  const plant: Plant = {
    ...{ facts, db, temporal, starter, gate, processes, servers, commands, disks },
    backends: backendNames.map((backend) => ({ host: hosts.volume, backend, driver: driverOf(facts, backend) })),
    async stop() {
      await processes.stop();
      await letGoOfVolumes(facts).catch(() => undefined);
      await gate.close();
      await db.$disconnect().catch(() => undefined);
      await temporal.connection.close();
      await servers.stop();
      for (const disk of disks) await disk.remove();
      await commands.unwrap();
      await mustRunTool('umount', ['--lazy', directory], { timeoutMs: 10_000 });
      await rm(directory, { recursive: true, force: true });
    },
  };
  try {
    say('starting the API and the workers');
    await processes.start('api');
    await Promise.all(workerRoles.map((name) => processes.start(name)));
  } catch (error) {
    await plant.stop();
    throw error;
  }
  return plant;
}

async function made(...path: readonly [string, ...string[]]): Promise<string> {
  const directory = join(...path);
  await mkdir(directory, { recursive: true });
  return directory;
}

/** The harness's own eyes on a back-end. */
function driverOf(facts: PlantFacts, backend: string): FileVolumeDriver {
  const options = {
    volume_backend_name: backend,
    file_volumes_dir: volumesDirOf(facts, backend),
    file_capacity_gib: capacityGib,
  };
  return new FileVolumeDriver(fileVolumeOptions.parse(options));
}
