// What the images of docker-compose.yml contain, as programs of this machine.
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findProgram } from '../../../workers/embedded/programs.ts';
import { findTemporalCli } from '../../../workers/embedded/temporal-cli.ts';
import { ensureTemporalServer } from '../../../workers/embedded/temporal-server.ts';
import type { Container } from './places.ts';
import { imageDefaults } from './compose-file.ts';

/** Makes a directory of programs under the names that they have in the images; answers a PATH that begins with it. */
export async function programPath(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const { server, sqlTool } = await ensureTemporalServer();
  const programs = {
    'temporal-server': server,
    'temporal-sql-tool': sqlTool,
    temporal: await findTemporalCli(),
    node: process.execPath,
  };
  for (const [name, path] of Object.entries(programs)) await symlink(path, join(directory, name));
  return [
    directory,
    dirname(process.execPath),
    '/usr/local/sbin',
    '/usr/local/bin',
    '/usr/sbin',
    '/usr/bin',
    '/sbin',
    '/bin',
  ].join(':');
}

/** What the image runs when the service names no command of its own. */
interface Image {
  readonly entrypoint: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** The entry points of images that are not ours, as their own Dockerfiles have them. */
const images: readonly (readonly [RegExp, (container: Container) => Image | Promise<Image>])[] = [
  [/^scoria:/, imageDefaults],
  // docker/scripts/sh/entrypoint.sh of the server's module: tells the others its own address where it listens on all.
  [
    /^temporalio\/server:/,
    ({ address }) => ({
      entrypoint: ['temporal-server', 'start'],
      environment: { TEMPORAL_BROADCAST_ADDRESS: address },
    }),
  ],
  [/^temporalio\/admin-tools:/, () => ({ entrypoint: [], environment: {} })],
  [/^nginx:/, nginx],
];

/** Its image runs `nginx -g 'daemon off;'` with a main file that includes conf.d/. */
async function nginx({ directory }: Container): Promise<Image> {
  const main = join(directory, 'nginx.conf');
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const places = kinds.map((kind) => `${kind}_temp_path ${join(directory, kind)};`).join(' ');
  const included = join(directory, 'mounts/etc/nginx/conf.d/*.conf');
  const text = `pid ${join(directory, 'nginx.pid')};
worker_processes 1;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 512; }
http { access_log off; ${places} include ${included}; }
`;
  await writeFile(main, text);
  const entrypoint = ['nginx', '-e', 'stderr', '-c', main, '-g', 'daemon off;'];
  return { entrypoint, environment: {} };
}

/** What a container runs, before its addresses are changed; throws for an image that this machine cannot stand in for. */
export async function imageOf(container: Container): Promise<Image> {
  const { image } = container.service;
  const known = images.find(([pattern]) => pattern.test(image));
  if (known === undefined) throw new Error(`${container.name}: nothing here stands in for the image ${image}`);
  return known[1](container);
}

/** Programs of Debian's that the services need and this machine lacks. */
export async function missingPrograms(): Promise<readonly string[]> {
  const needed = { nginx: 'nginx-light', tgtd: 'tgt', curl: 'curl' };
  const found = await Promise.all(
    Object.entries(needed).map(async ([name, debianPackage]) =>
      (await findProgram(name)) === null ? [debianPackage] : [],
    ),
  );
  return found.flat();
}
