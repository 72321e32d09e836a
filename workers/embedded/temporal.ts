// Starts the Temporal development server with its history in a file, and waits until it can be used.
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { searchAttributeNames } from '../../domain/search-attributes.ts';
import { startDaemon, type Daemon } from '../../privileged/daemon.ts';
import { waitUntil } from './eventually.ts';
import { tailOf } from './log-tail.ts';
import { claimPort, loopback } from './ports.ts';
import { findTemporalCli } from './temporal-cli.ts';

export const temporalNamespace = 'default';

/** How long a closed workflow can still be read and reset; the server's own default is one day. */
const retentionDays = 30;

/**
 * The development server polls its one shard's queues at most 20 times a second, which adds ~35 ms to every task;
 * raised, a workflow of four activities takes 60 ms instead of 298 (measured). Fairness keys do nothing without
 * `matching.enableFairness`.
 */
const dynamicConfig = [
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'history.visibilityProcessorMaxPollRPS=2000',
  'matching.enableFairness=true',
];

/**
 * WAL with synchronous=NORMAL: killing the server loses nothing, a power cut may lose its last moments, and 41–46
 * workflows a second run instead of 35 with FULL (measured). Losing them is safe here: what was accepted is in
 * PostgreSQL (which does sync), the sweeper starts again what Temporal has forgotten, and every step may run twice.
 */
const sqlitePragmas = ['journal_mode=WAL', 'synchronous=NORMAL'];

export interface EmbeddedTemporalOptions {
  /** Its database and log go here. */
  readonly directory: string;
  /** 0 (the default) = any free one. */
  readonly port?: number;
  /** 0 = any free one; left out = no web page. */
  readonly uiPort?: number;
  readonly say?: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface EmbeddedTemporal {
  /** host:port of the gRPC front end. */
  readonly address: string;
  readonly uiUrl: string | null;
  readonly namespace: string;
  readonly cliPath: string;
  readonly logFile: string;
  readonly daemon: Daemon;
  stop(): Promise<void>;
}

/** Starts the server and answers once its namespace and search attributes are there; leaves nothing behind on failure. */
export async function startTemporal(options: EmbeddedTemporalOptions): Promise<EmbeddedTemporal> {
  const cliPath = await findTemporalCli({ ...(options.say ? { say: options.say } : {}) });
  await mkdir(options.directory, { recursive: true });
  const port = await claimPort({ flag: '--temporal-port', port: options.port ?? 0 });
  const uiPort =
    options.uiPort === undefined ? null : await claimPort({ flag: '--temporal-ui-port', port: options.uiPort });
  const logFile = join(options.directory, 'temporal.log');
  const daemon = await startDaemon({
    command: cliPath,
    args: serverArgs(join(options.directory, 'temporal.sqlite'), port, uiPort),
    logFile,
    stopSignal: 'SIGTERM',
  });
  const address = `${loopback}:${port}`;
  const stop = async (): Promise<void> => void (await daemon.stop(15_000));
  try {
    await waitForTemporal(address, daemon, logFile, options.signal);
    await setRetention(address);
  } catch (error) {
    await stop();
    throw error;
  }
  const uiUrl = uiPort === null ? null : `http://${loopback}:${uiPort}`;
  return { address, uiUrl, namespace: temporalNamespace, cliPath, logFile, daemon, stop };
}

function serverArgs(databaseFile: string, port: number, uiPort: number | null): readonly string[] {
  return [
    ...['server', 'start-dev', '--ip', loopback, '--port', String(port), '--db-filename', databaseFile],
    ...(uiPort === null ? ['--headless'] : ['--ui-port', String(uiPort)]),
    ...['--log-format', 'json', '--log-level', 'warn'],
    ...sqlitePragmas.flatMap((pragma) => ['--sqlite-pragma', pragma]),
    ...dynamicConfig.flatMap((value) => ['--dynamic-config-value', value]),
    ...searchAttributeNames.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
  ];
}

async function waitForTemporal(address: string, daemon: Daemon, logFile: string, signal?: AbortSignal): Promise<void> {
  const hopeless = daemon.exited.then(
    async () => `the server has ended; the end of ${logFile}:\n${await tailOf(logFile)}`,
  );
  const options = { timeoutMs: 60_000, hopeless, ...(signal ? { signal } : {}) };
  await waitUntil('starting Temporal', options, async () => {
    await probeTemporal(address);
    return true;
  });
}

/** Throws unless the server at `address` answers and has the namespace and every search attribute. */
export async function probeTemporal(address: string, namespace: string = temporalNamespace): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: 2_000 });
  try {
    await connection.withDeadline(Date.now() + 2_000, async () => {
      await connection.workflowService.describeNamespace({ namespace });
      const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
      const missing = searchAttributeNames.filter((name) => customAttributes?.[name] === undefined);
      if (missing.length > 0) throw new Error(`search attributes are missing: ${missing.join(', ')}`);
    });
  } finally {
    await connection.close();
  }
}

async function setRetention(address: string): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    await connection.workflowService.updateNamespace({
      namespace: temporalNamespace,
      config: { workflowExecutionRetentionTtl: msToTs(`${retentionDays} days`) },
    });
  } finally {
    await connection.close();
  }
}
