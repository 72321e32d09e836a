// Starts a real Keystone on SQLite, for trying and for tests, and waits until it answers.
import { randomBytes } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDaemon, type Daemon } from '../../privileged/daemon.ts';
import { waitUntil } from './eventually.ts';
import { tailOf } from './log-tail.ts';
import { claimPort, loopback } from './ports.ts';
import { writeWhole } from './state-directory.ts';
import { ensureVirtualenv, type VirtualenvPlan } from './virtualenv.ts';

/** The release that the tests run against, and a WSGI server in plain Python for it. */
const plan: VirtualenvPlan = {
  kind: 'keystone',
  what: 'Keystone',
  packages: ['keystone==30.0.0', 'waitress==3.0.2', 'setuptools==80.9.0'],
  programs: ['python', 'keystone-manage'],
};

const serveProgram = fileURLToPath(new URL('keystone-serve.py', import.meta.url));

export interface EmbeddedKeystoneOptions {
  /** Its database, keys and log go here. */
  readonly directory: string;
  /** 0 (the default) = any free one. */
  readonly port?: number;
  /** Of its user `admin`; kept from the first start on. */
  readonly adminPassword: string;
  readonly say?: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface EmbeddedKeystone {
  /** `http://127.0.0.1:port/v3` */
  readonly url: string;
  readonly logFile: string;
  readonly daemon: Daemon;
  stop(): Promise<void>;
}

/** Starts it; answers once tokens can be had, with the project, user and role `admin` and the roles that Keystone brings. */
export async function startKeystone(options: EmbeddedKeystoneOptions): Promise<EmbeddedKeystone> {
  const { directory, say, signal } = options;
  const bin = await ensureVirtualenv(plan, { ...(say ? { say } : {}), ...(signal ? { signal } : {}) });
  const configFile = await prepare(directory);
  const port = await claimPort({ flag: '--keystone-port', port: options.port ?? 0 });
  const logFile = join(directory, 'keystone.log');
  const daemon = await startDaemon({
    command: join(bin, 'python'),
    args: [serveProgram, configFile, loopback, String(port)],
    env: { KEYSTONE_ADMIN_PASSWORD: options.adminPassword, PYTHONDONTWRITEBYTECODE: '1' },
    logFile,
    stopSignal: 'SIGTERM',
  });
  const url = `http://${loopback}:${port}/v3`;
  const stop = async (): Promise<void> => void (await daemon.stop(5_000));
  try {
    const hopeless = daemon.exited.then(async () => `it has ended; the end of ${logFile}:\n${await tailOf(logFile)}`);
    // 4 s on a quiet machine, most of them Python's imports and Keystone's migrations.
    await waitUntil('starting Keystone', { timeoutMs: 180_000, hopeless, ...(signal ? { signal } : {}) }, async () => {
      const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      return response.ok ? true : undefined;
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, logFile, daemon, stop };
}

/** Its configuration and keys; answers the configuration's path. */
async function prepare(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const configFile = join(directory, 'keystone.conf');
  await writeWhole(configFile, configText(directory), 0o600);
  for (const keys of ['fernet-keys', 'credential-keys']) {
    const folder = join(directory, keys);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // 0 is the next key, the highest number the one in use.
    for (const name of ['0', '1']) {
      const file = join(folder, name);
      if (!(await stat(file).catch(() => null))) await writeWhole(file, fernetKey(), 0o600);
    }
  }
  return configFile;
}

/** https://github.com/fernet/spec/blob/master/Spec.md */
const fernetKey = (): string => randomBytes(32).toString('base64').replaceAll('+', '-').replaceAll('/', '_');

function configText(directory: string): string {
  return `[DEFAULT]
log_file = ${join(directory, 'keystone-server.log')}
[database]
connection = sqlite:///${join(directory, 'keystone.db')}
[token]
provider = fernet
expiration = 86400
[fernet_tokens]
key_repository = ${join(directory, 'fernet-keys')}
[credential]
key_repository = ${join(directory, 'credential-keys')}
[identity]
# Passwords here protect nothing; tests make many users.
password_hash_rounds = 4
[catalog]
caching = false
`;
}
