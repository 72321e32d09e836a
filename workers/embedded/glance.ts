// Starts a real Glance on SQLite and files, for trying and for tests, and waits until it answers.
import { copyFile, mkdir } from 'node:fs/promises';
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
  kind: 'glance',
  what: 'Glance',
  packages: ['glance==33.0.0', 'waitress==3.0.2', 'setuptools==80.9.0'],
  programs: ['python', 'glance-manage'],
};

const serveProgram = fileURLToPath(new URL('glance-serve.py', import.meta.url));

/** Where it asks about tokens, and as whom. */
export interface GlanceIdentity {
  /** `http://…/v3` */
  readonly authUrl: string;
  readonly user: string;
  readonly password: string;
  readonly project: string;
}

export interface EmbeddedGlanceOptions {
  /** Its database, images and log go here. */
  readonly directory: string;
  /** 0 (the default) = any free one. */
  readonly port?: number;
  /** Null (the default): whoever reaches it is its administrator. */
  readonly identity?: GlanceIdentity | null;
  readonly say?: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface EmbeddedGlance {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly logFile: string;
  readonly daemon: Daemon;
  stop(): Promise<void>;
}

/** Starts it; answers once it does. */
export async function startGlance(options: EmbeddedGlanceOptions): Promise<EmbeddedGlance> {
  const { directory, say, signal, identity = null } = options;
  const bin = await ensureVirtualenv(plan, { ...(say ? { say } : {}), ...(signal ? { signal } : {}) });
  const port = await claimPort({ flag: '--glance-port', port: options.port ?? 0 });
  const url = `http://${loopback}:${port}`;
  await prepare(directory, join(bin, '..', 'etc', 'glance', 'glance-api-paste.ini'), url, identity);
  const logFile = join(directory, 'glance.log');
  const daemon = await startDaemon({
    command: join(bin, 'python'),
    args: [serveProgram, directory, loopback, String(port)],
    env: { PYTHONDONTWRITEBYTECODE: '1' },
    logFile,
    stopSignal: 'SIGTERM',
  });
  const stop = async (): Promise<void> => void (await daemon.stop(5_000));
  try {
    const hopeless = daemon.exited.then(async () => `it has ended; the end of ${logFile}:\n${await tailOf(logFile)}`);
    await waitUntil('starting Glance', { timeoutMs: 180_000, hopeless, ...(signal ? { signal } : {}) }, async () => {
      // 300: the versions that it speaks.
      const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      return response.status === 300 ? true : undefined;
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, logFile, daemon, stop };
}

/** What Scoria and the clients ask for. */
const policies = [
  ...['add_image', 'get_image', 'get_images', 'modify_image', 'delete_image', 'upload_image', 'download_image'],
  ...['publicize_image', 'communitize_image', 'manage_image_cache'],
] as const;

async function prepare(
  directory: string,
  pasteFile: string,
  url: string,
  identity: GlanceIdentity | null,
): Promise<void> {
  for (const folder of ['images', 'staging', 'tasks', 'locks']) {
    await mkdir(join(directory, folder), { recursive: true, mode: 0o700 });
  }
  // Installed with the package, except where pip puts data files elsewhere.
  await copyFile(pasteFile, join(directory, 'paste.ini'));
  // Its policies ask for roles, and without Keystone nobody has one.
  const open = ['default', 'admin', ...policies].map((name) => `"${name}": ""\n`).join('');
  await writeWhole(join(directory, 'policy.yaml'), identity === null ? open : '', 0o600);
  await writeWhole(join(directory, 'glance-api.conf'), configText(directory, url, identity), 0o600);
}

function configText(directory: string, url: string, identity: GlanceIdentity | null): string {
  return `[DEFAULT]
log_file = ${join(directory, 'glance-server.log')}
enabled_backends = files:file
worker_self_reference_url = ${url}
[glance_store]
default_backend = files
[files]
filesystem_store_datadir = ${join(directory, 'images')}
[os_glance_staging_store]
filesystem_store_datadir = ${join(directory, 'staging')}
[os_glance_tasks_store]
filesystem_store_datadir = ${join(directory, 'tasks')}
[database]
connection = sqlite:///${join(directory, 'glance.db')}
[paste_deploy]
flavor = ${identity === null ? '' : 'keystone'}
config_file = ${join(directory, 'paste.ini')}
[oslo_concurrency]
lock_path = ${join(directory, 'locks')}
[oslo_policy]
policy_file = ${join(directory, 'policy.yaml')}
${identity === null ? '' : identityText(identity)}`;
}

const identityText = ({ authUrl, user, password, project }: GlanceIdentity): string => `[keystone_authtoken]
www_authenticate_uri = ${authUrl}
auth_url = ${authUrl}
auth_type = password
username = ${user}
password = ${password}
project_name = ${project}
user_domain_name = Default
project_domain_name = Default
service_token_roles_required = true
`;
