// A production Temporal server: several processes and history shards on PostgreSQL, as docker-compose.yml describes it.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { searchAttributeNames } from '../../../domain/search-attributes.ts';
import { startDaemon, type Daemon } from '../../../privileged/daemon.ts';
import { tailOf } from '../../../workers/embedded/log-tail.ts';
import { probeTemporal, temporalNamespace } from '../../../workers/embedded/temporal.ts';
import { ensureTemporalServer } from '../../../workers/embedded/temporal-server.ts';
import { waitUntil } from '../../../workers/embedded/eventually.ts';
import { canConnect, loopbackNetwork, type HostAddress } from './loopback-hosts.ts';
import { makeTemporalTables, temporalDatabaseAt, type TemporalDatabase } from './temporal-schema.ts';

/** Its processes: work goes on while any one of those that are there twice is away. */
const services = {
  front: ['frontend', 'worker'],
  first: ['history', 'matching'],
  second: ['history', 'matching'],
} as const;

export type MemberName = keyof typeof services;
export const memberNames = Object.keys(services) as readonly MemberName[];

const historyShards = 8;
const grpcPort = 7233;
/** Every port of the four services: https://docs.temporal.io/references/configuration#services */
const ports = [7233, 7234, 7235, 7239, 7243, 6933, 6934, 6935, 6939];
/** The one that docker-compose.yml mounts. */
const dynamicConfig = fileURLToPath(new URL('../../../deploy/temporal-dynamic-config.yaml', import.meta.url));

export interface TemporalCluster {
  /** host:port of the front end. */
  readonly address: string;
  readonly namespace: string;
  readonly members: Readonly<Record<MemberName, { readonly pid: number }>>;
  /** SIGKILL of one process; answers once it is gone. */
  kill(name: MemberName): Promise<void>;
  /** Starts it again; answers once the cluster answers. */
  start(name: MemberName): Promise<void>;
  stop(): Promise<void>;
}

export interface ClusterOptions {
  /** Logs go here. */
  readonly directory: string;
  /** A PostgreSQL whose user may create databases. */
  readonly databaseUrl: string;
  readonly say?: (line: string) => void;
}

/** Makes the tables, starts the processes, registers the namespace and its search attributes. */
export async function startTemporalCluster({ directory, databaseUrl, say }: ClusterOptions): Promise<TemporalCluster> {
  const programs = await ensureTemporalServer(say ? { say } : {});
  const database = temporalDatabaseAt(databaseUrl);
  await mkdir(directory, { recursive: true });
  await makeTemporalTables(programs, database);
  const hosts = await loopbackNetwork(ports);
  const running = new Map<MemberName, Daemon>();
  const address = `${hosts(1)}:${grpcPort}`;
  const launch = async (name: MemberName): Promise<void> => {
    const args = services[name].flatMap((service) => ['--service', service]);
    const daemon = await startDaemon({
      command: programs.server,
      args: ['--allow-no-auth', 'start', ...args],
      logFile: join(directory, `temporal-${name}.log`),
      stopSignal: 'SIGTERM',
      cwd: directory,
      env: environmentOf(hosts, memberNames.indexOf(name) + 1, database),
    });
    running.set(name, daemon);
  };
  const stop = async (): Promise<void> => {
    await Promise.all([...running.values()].map((daemon) => daemon.stop(15_000)));
  };
  const answers = (): Promise<unknown> => waitForCluster(address, directory, running);
  try {
    // The first one writes what all know of the cluster; of two at once, one would give up.
    await launch('front');
    await waitForPort(hosts(1), directory, running);
    await Promise.all(memberNames.filter((name) => name !== 'front').map(launch));
    await waitUntil(
      'starting the Temporal cluster',
      { timeoutMs: 120_000, hopeless: firstEnd(running, directory) },
      () => registerNamespace(address),
    );
    await answers();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    address,
    namespace: temporalNamespace,
    get members() {
      return Object.fromEntries(running) as unknown as TemporalCluster['members'];
    },
    async kill(name) {
      const daemon = running.get(name);
      daemon?.kill();
      await daemon?.exited;
      running.delete(name);
    },
    async start(name) {
      await launch(name);
      await answers();
    },
    stop,
  };
}

/** As the server's own configuration template reads it: common/config/config_template_embedded.yaml of its module. */
function environmentOf(hosts: HostAddress, n: number, database: TemporalDatabase): Record<string, string> {
  const { host, port, user, password } = database;
  return {
    ...{ DB: 'postgres12', POSTGRES_SEEDS: host, DB_PORT: String(port), POSTGRES_USER: user, POSTGRES_PWD: password },
    ...{ SQL_MAX_CONNS: '12', SQL_MAX_IDLE_CONNS: '12', SQL_VIS_MAX_CONNS: '4', SQL_VIS_MAX_IDLE_CONNS: '4' },
    NUM_HISTORY_SHARDS: String(historyShards),
    BIND_ON_IP: hosts(n),
    // Of the cluster: every process writes it down at its start, and two must not differ.
    ...{ CLUSTER_RPC_ADDRESS: `${hosts(1)}:${grpcPort}`, CLUSTER_HTTP_ADDRESS: `${hosts(1)}:7243` },
    DYNAMIC_CONFIG_FILE_PATH: dynamicConfig,
    LOG_LEVEL: 'warn',
  };
}

function firstEnd(running: ReadonlyMap<MemberName, Daemon>, directory: string): Promise<string> {
  const ends = [...running].map(async ([name, daemon]) => {
    await daemon.exited;
    return `${name} has ended:\n${await tailOf(join(directory, `temporal-${name}.log`))}`;
  });
  return Promise.race(ends);
}

async function waitForPort(host: string, directory: string, running: ReadonlyMap<MemberName, Daemon>): Promise<void> {
  const options = { timeoutMs: 120_000, hopeless: firstEnd(running, directory) };
  await waitUntil('the first process of the Temporal cluster', options, async () => {
    if (!(await canConnect(host, grpcPort))) throw new Error(`nothing listens on ${host}:${grpcPort}`);
    return true;
  });
}

async function waitForCluster(
  address: string,
  directory: string,
  running: ReadonlyMap<MemberName, Daemon>,
): Promise<void> {
  const options = { timeoutMs: 120_000, hopeless: firstEnd(running, directory) };
  await waitUntil('the Temporal cluster', options, async () => {
    await probeTemporal(address);
    return true;
  });
}

/** Retention as for the development server; the search attributes that operators look operations up by. */
async function registerNamespace(address: string): Promise<true> {
  const connection = await Connection.connect({ address, connectTimeout: 2_000 });
  const namespace = temporalNamespace;
  try {
    await connection.withDeadline(Date.now() + 10_000, async () => {
      const known = await connection.workflowService.describeNamespace({ namespace }).then(
        () => true,
        () => false,
      );
      const workflowExecutionRetentionPeriod = msToTs('30 days');
      if (!known) await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
      // 2 = INDEXED_VALUE_TYPE_KEYWORD of temporal.api.enums.v1.
      const searchAttributes = Object.fromEntries(searchAttributeNames.map((name) => [name, 2]));
      await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    });
    return true;
  } finally {
    await connection.close();
  }
}
