// The OpenStack clients, unmodified from PyPI, in a virtualenv of their own in the cache directory.
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRunTool, runTool } from '../../privileged/tool.ts';
import { cacheDirectory } from '../config/environment.ts';
import { aptInstall } from './apt.ts';
import { findProgram, isExecutable } from './programs.ts';

/** The releases that the tests run against: changing one changes what Scoria promises to work with. */
const clientPackages = [
  'python-openstackclient==10.5.0',
  'python-cinderclient==9.10.0',
  'openstacksdk==4.22.0',
] as const;

const installTimeoutMs = 600_000;

export interface Clients {
  /** Absolute paths of the programs. */
  readonly openstack: string;
  readonly cinder: string;
  /** Interpreter with openstacksdk. */
  readonly python: string;
}

export interface ClientsOptions {
  readonly cacheDir?: string;
  readonly say?: (line: string) => void;
  /** Aborting it ends an installation that is under way. */
  readonly signal?: AbortSignal;
}

/** Where the clients are, without building anything; null when they are not there. */
export async function locateClients(cacheDir = cacheDirectory()): Promise<Clients | null> {
  const clients = clientsIn(currentIn(cacheDir));
  const present = await Promise.all(Object.values(clients).map((path: string) => isExecutable(path)));
  return present.every(Boolean) ? clients : null;
}

/** The clients, installed now if they are not there. Needs python3; throws with what to install. */
export async function ensureClients(options: ClientsOptions = {}): Promise<Clients> {
  const { cacheDir = cacheDirectory(), say } = options;
  const found = await locateClients(cacheDir);
  if (found) return found;
  const systemPython = await findProgram('python3');
  if (systemPython === null)
    throw new Error('the OpenStack clients need python3 (Debian: apt-get install python3-venv)');
  say?.(`installing ${clientPackages.join(', ')} from PyPI, once`);
  const current = currentIn(cacheDir);
  // Scripts in a virtualenv name its path, so it is built under its final name and only then becomes the current one.
  const directory = `${current}-${randomUUID().slice(0, 8)}`;
  await mkdir(join(directory, '..'), { recursive: true });
  try {
    await buildVirtualenv(systemPython, directory, options);
    await symlink(directory, `${directory}.link`);
    await rename(`${directory}.link`, current);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
  return clientsIn(current);
}

/** A link to the virtualenv with exactly these packages. */
function currentIn(cacheDir: string): string {
  const key = createHash('sha256').update(clientPackages.join()).digest('hex').slice(0, 12);
  return join(cacheDir, 'clients', key);
}

const clientsIn = (directory: string): Clients => ({
  openstack: join(directory, 'bin', 'openstack'),
  cinder: join(directory, 'bin', 'cinder'),
  python: join(directory, 'bin', 'python'),
});

async function buildVirtualenv(python: string, directory: string, { say, signal }: ClientsOptions): Promise<void> {
  const installArgs = ['install', '--quiet', '--disable-pip-version-check', ...clientPackages];
  const limit = { timeoutMs: installTimeoutMs, ...(signal ? { signal } : {}) };
  if ((await runTool(python, ['-m', 'venv', directory], limit)).exitCode !== 0) {
    // Debian parts ensurepip from python3; the system's own pip, if there is one, can fill a virtualenv without it.
    await mustRunTool(python, ['-m', 'venv', '--clear', '--without-pip', directory], limit);
    const target = ['-m', 'pip', '--python', join(directory, 'bin', 'python')];
    if ((await runTool(python, [...target, ...installArgs], limit)).exitCode === 0) return;
    await aptInstall(['python3-venv'], say ? { say } : {});
    await mustRunTool(python, ['-m', 'venv', '--clear', directory], limit);
  }
  await mustRunTool(join(directory, 'bin', 'python'), ['-m', 'pip', ...installArgs], limit);
}
