// Where each container of docker-compose.yml is on this machine: an address of its own, directories for its mounts.
import { copyFile, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostAddress } from '../support/loopback-hosts.ts';
import { projectRoot, type ComposeFile, type ComposeService } from './compose-file.ts';

/** One replica of a service. */
export interface Container {
  readonly name: string;
  readonly serviceName: string;
  readonly service: ComposeService;
  readonly address: string;
  /** Its mounts, log and working files are in here. */
  readonly directory: string;
}

export interface Postgres {
  readonly host: string;
  readonly port: number;
  readonly password: string;
}

/** The port that PostgreSQL has in its container. */
const postgresPort = '5432';

/** Gives every replica an address and a directory. */
export function layOut(file: ComposeFile, directory: string, hosts: HostAddress, { host }: Postgres): Container[] {
  let next = 1;
  return Object.entries(file.services).flatMap(([serviceName, service]) =>
    Array.from({ length: service.deploy?.replicas ?? 1 }, (_, index): Container => {
      const name = `${serviceName}-${index + 1}`;
      const address = serviceName === 'postgres' ? host : hosts(next++);
      return { name, serviceName, service, address, directory: join(directory, name) };
    }),
  );
}

/** A variable's value may be a bare name; a word of a command that looks like one (migrate) is none. */
export const localizeValue = (localize: Localize, value: string, container: Container): string => {
  const marked = localize(`${value}:0`, container);
  return marked === `${value}:0` ? localize(value, container) : marked.slice(0, -2);
};

/** Text of a container (a word, a variable, a file) with this machine's addresses and paths in it. */
export type Localize = (text: string, container: Container) => string;

/** Names are what docker's own resolver knows; in a container, loopback and "all addresses" are its own address. */
export function localizer(containers: readonly Container[], postgres: Postgres): Localize {
  const first = new Map<string, string>();
  for (const { serviceName, address } of containers) if (!first.has(serviceName)) first.set(serviceName, address);
  const names = [...first.keys()].toSorted((a, b) => b.length - a.length);
  const named = new RegExp(`(?<![\\w.-])(${names.join('|')}):(\\d+)`, 'g');
  return (text, { service, directory, address }) => {
    if (text === postgresPort) return String(postgres.port);
    const here = mountsOf(service).reduce(
      (changed, { target, place }) => changed.replaceAll(target, join(directory, place)),
      text.replaceAll(/\b(0\.0\.0\.0|127\.0\.0\.1)\b/g, address),
    );
    return here.replaceAll(named, (_, name: string, port: string) =>
      name === 'postgres' && port === postgresPort ? `${postgres.host}:${postgres.port}` : `${first.get(name)}:${port}`,
    );
  };
}

interface Mount {
  /** null for a named volume. */
  readonly source: string | null;
  readonly target: string;
  /** Below the container's directory. */
  readonly place: string;
}

/** Where our own image keeps its state; a container's own unless a volume is mounted there. */
const stateTarget = '/var/lib/scoria';

function mountsOf({ image, volumes = [] }: ComposeService): readonly Mount[] {
  const isMounted = !image.startsWith('scoria:') || volumes.some((volume) => volume.endsWith(`:${stateTarget}`));
  return [...volumes, ...(isMounted ? [] : [`state:${stateTarget}`])].map((volume) => {
    const [from = '', target = ''] = volume.split(':');
    return { source: from.startsWith('./') ? join(projectRoot, from) : null, target, place: `mounts${target}` };
  });
}

/** Further changes of a mounted file for this machine: `file` is its base name. */
export type Adapt = (text: string, file: string, container: Container) => string;

/** Makes the mounts: what the project mounts is copied with its addresses changed; a named volume is a directory. */
export async function makeMounts(container: Container, localize: Localize, adapt: Adapt): Promise<void> {
  const localized = async (path: string, file: string): Promise<void> => {
    const text = await readFile(path, 'utf8');
    const hosts = text.replaceAll(
      /^(my_ip = )(\S+)$/gm,
      (_, key: string, name: string) => key + localizeValue(localize, name, container),
    );
    await writeFile(path, adapt(localize(hosts, container), file, container), { mode: 0o600 });
  };
  for (const { source, place } of mountsOf(container.service)) {
    const target = join(container.directory, place);
    if (source === null) {
      await mkdir(target, { recursive: true });
      continue;
    }
    await cp(source, target, { recursive: true });
    const inside = await readdir(target).catch(() => null);
    if (inside === null) await localized(target, target.split('/').at(-1) ?? '');
    else for (const file of inside) await localized(join(target, file), file);
    // What an operator copies and edits; a checkout may hold an operator's own.
    for (const file of (inside ?? []).filter((name) => name.endsWith('.example')))
      await copyFile(join(target, file), join(target, file.slice(0, -'.example'.length)));
  }
}
