// The whole of docker-compose.yml on this machine: started once for a file of tests, and stopped.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimPort } from '../../../workers/embedded/ports.ts';
import { startPostgres, type EmbeddedPostgres } from '../../../workers/embedded/postgres.ts';
import { loopbackNetwork } from '../support/loopback-hosts.ts';
import { readComposeFile } from './compose-file.ts';
import { Containers } from './containers.ts';
import { layOut, localizer, type Adapt, type Container } from './places.ts';
import { programPath } from './programs.ts';

/** The password of the example files. */
export const password = 'change-this-password';

export interface Deployment {
  readonly directory: string;
  readonly containers: Containers;
  /** postgresql://… of Scoria's own database. */
  readonly databaseUrl: string;
  /** What clients use: the load balancer. */
  readonly url: string;
  readonly temporalAddress: string;
  /** Where the compute host finds the libvirtd that is the machine's own; before it starts. */
  useLibvirt(uri: string): void;
  /** One more replica of a service, with an address and a directory of its own; not started. */
  beside(serviceName: string): Container;
  stop(): Promise<void>;
}

/** Starts PostgreSQL and lays the containers out; the test starts the services. */
export async function prepareDeployment(): Promise<Deployment> {
  const directory = await mkdtemp(join(tmpdir(), 'scoria-compose-'));
  let postgres: EmbeddedPostgres | null = null;
  try {
    postgres = await startPostgres({ directory: await withPassword(join(directory, 'postgres')), durable: false });
    const server = new URL(postgres.databaseUrl);
    const facts = { host: server.hostname, port: Number(server.port), password };
    const hosts = await loopbackNetwork([7233, 8776, 8777, 8779, 3260]);
    const file = await readComposeFile({ POSTGRES_PASSWORD: password });
    const containers = layOut(file, directory, hosts, facts);
    const localize = localizer(containers, facts);
    const controlPort = (await claimPort({ flag: 'tgt_control_port', port: 0 })) % 32_768;
    let libvirtUri: string | null = null;
    const adapt = adapting(containers, controlPort, () => libvirtUri);
    let extra = 0;
    const path = await programPath(join(directory, 'bin'));
    const running = new Containers({ file, containers, localize, adapt, path });
    const addressOf = (name: string): string => running.named(name).address;
    return {
      ...{ directory, containers: running, databaseUrl: postgres.databaseUrl },
      url: `http://${addressOf('balancer-1')}:8776`,
      temporalAddress: `${addressOf('temporal-1')}:7233`,
      useLibvirt: (uri) => (libvirtUri = uri),
      beside: (serviceName) => {
        const like = running.named(`${serviceName}-1`);
        const name = `${serviceName}-beside-${(extra += 1)}`;
        return { ...like, name, address: hosts(firstExtra + extra), directory: join(directory, name) };
      },
      stop: async () => {
        await running.down();
        await postgres?.stop();
        await rm(directory, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await postgres?.stop();
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

/** Addresses from here on belong to replicas that are started later. */
const firstExtra = 100;

async function withPassword(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'password'), password, { mode: 0o600 });
  return directory;
}

/** What a network of containers does by itself, and one machine does not. */
function adapting(containers: readonly Container[], controlPort: number, libvirtUri: () => string | null): Adapt {
  const apis = containers.filter(({ serviceName }) => serviceName === 'api');
  const changes: Readonly<Record<string, (text: string, container: Container) => string>> = {
    // No resolver of docker's: both replicas by their addresses.
    'default.conf': (text, { address }) =>
      text
        .replace(/^resolver .*$/m, '')
        .replace(/^ *server \S+ resolve (.*)$/m, (_, rest: string) =>
          apis.map(({ address: api }) => `  server ${api}:8776 ${rest}`).join('\n'),
        )
        .replaceAll(/listen (\d+);/g, `listen ${address}:$1;`),
    // Other targets may run on this machine.
    'storage-host.sh': (text, { address }) =>
      text.replace(
        'tgtd --foreground',
        `tgtd --foreground --control-port ${controlPort} --iscsi portal=${address}:3260`,
      ),
    // Bundles are named by their content: one directory serves all control workers.
    // What waits for a host here may wait long: this machine can be slow, and nobody is to be given up.
    'scoria.conf': (text) =>
      `${text.replace('[DEFAULT]', '[DEFAULT]\nservice_down_time = 600\nrpc_response_timeout = 600')}cache_path = ${join(tmpdir(), 'scoria-test-bundles')}\n`,
    'compute1.conf': (text) =>
      text.replace(/^libvirt_uri = .*$/m, (found) => {
        const uri = libvirtUri();
        return uri === null ? found : `libvirt_uri = ${uri}`;
      }),
    'storage1.conf': (text) => `${text}tgt_control_port = ${controlPort}\n`,
  };
  return (text, file, container) => changes[file]?.(text, container) ?? text;
}
