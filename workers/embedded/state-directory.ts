// The state directory: where everything in it is, its secrets, and its first configuration.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { KeystonePasswords } from './keystone-people.ts';

export interface StateDirectory {
  readonly path: string;
  /** The operator's configuration, written on the first start. */
  readonly configFile: string;
  /** What the launcher knows and the operator need not: addresses and secrets, written at each start. */
  readonly embeddedConfigFile: string;
  readonly cloudsFile: string;
  readonly logDir: string;
  /** Pid files, ready files. */
  readonly runDir: string;
}

/** Creates the directory and its parts where they are missing; only this user may look inside. */
export async function openStateDirectory(path: string): Promise<StateDirectory> {
  const root = resolve(path);
  const directory: StateDirectory = {
    path: root,
    configFile: join(root, 'scoria.conf'),
    embeddedConfigFile: join(root, 'run', 'embedded.conf'),
    cloudsFile: join(root, 'clouds.yaml'),
    logDir: join(root, 'log'),
    runDir: join(root, 'run'),
  };
  try {
    await makeDirectory(root);
    await Promise.all([mkdir(directory.logDir, { recursive: true }), mkdir(directory.runDir, { recursive: true })]);
  } catch (error) {
    throw new Error(`${root} cannot be used (${(error as Error).message}): choose another with --state-dir`, {
      cause: error,
    });
  }
  return directory;
}

/** Node's own `recursive` never ends where a directory cannot hold others, as below /proc. */
async function makeDirectory(path: string): Promise<void> {
  const make = (): Promise<void> => mkdir(path, { mode: 0o700 });
  try {
    await make();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeDirectory(dirname(path));
    await make();
  }
}

/** Made once per directory: losing them would lose the sealed secrets in its database. */
export interface Secrets {
  readonly internalApiSecret: string;
  readonly secretKey: string;
}

export async function secretsIn({ path }: StateDirectory): Promise<Secrets> {
  const file = join(path, 'secrets.json');
  const kept = await readFile(file, 'utf8').catch(() => null);
  if (kept !== null) return JSON.parse(kept) as Secrets;
  const made = { internalApiSecret: randomBytes(32).toString('hex'), secretKey: randomBytes(32).toString('hex') };
  await writeWhole(file, JSON.stringify(made), 0o600);
  return made;
}

/** Made once too: Keystone keeps them. */
export async function keystonePasswordsIn({ path }: StateDirectory): Promise<KeystonePasswords> {
  const file = join(path, 'keystone-passwords.json');
  const kept = await readFile(file, 'utf8').catch(() => null);
  if (kept !== null) return JSON.parse(kept) as KeystonePasswords;
  const word = (): string => randomBytes(12).toString('hex');
  const made = { admin: word(), demo: word(), reader: word(), service: word() };
  await writeWhole(file, JSON.stringify(made), 0o600);
  return made;
}

/** Writes a file whole or not at all. */
export async function writeWhole(file: string, content: string, mode: number): Promise<void> {
  await writeFile(`${file}.new`, content, { mode });
  await rename(`${file}.new`, file);
}

/** Writes the first configuration; one that is there is the operator's and stays as it is. */
export async function ensureDefaultConfig({ configFile }: StateDirectory): Promise<void> {
  if (await stat(configFile).catch(() => null)) return;
  await writeWhole(configFile, defaultConfig(), 0o644);
}

function defaultConfig(): string {
  return `# Scoria's configuration: Cinder's option names, read at each start. \`scoria config check FILE\` checks it.
[DEFAULT]
# The name under which this host's services are known. Changing it orphans the volumes that it holds.
host = ${hostname()}
# Where iSCSI initiators reach this host.
my_ip = 127.0.0.1
# No authentication: the token is user:project. The API listens on loopback only.
auth_strategy = noauth
enabled_backends = file

[file]
volume_driver = file
volume_backend_name = file
file_volumes_dir = $state_path/volumes/file
`;
}
