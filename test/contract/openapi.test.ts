// Promises of /openapi.json: it is what the route tables say, and what it says holds when schemathesis tries it.
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allRoutes, createApp } from '../../api/app.ts';
import { maximumMicroversion } from '../../api/http/microversion.ts';
import { openApiDocument, templateOf } from '../../api/openapi/document.ts';
import { runTool } from '../../privileged/tool.ts';
import { ensureVirtualenv } from '../../workers/embedded/virtualenv.ts';
import { project, startVolumeLab, type VolumeLab } from './support/volume-lab.ts';

let lab: VolumeLab;
let directory: string;

beforeAll(async () => {
  lab = await startVolumeLab();
  directory = await mkdtemp(join(tmpdir(), 'scoria-openapi-'));
}, 60_000);
afterAll(async () => {
  await lab?.stop();
  await rm(directory, { recursive: true, force: true });
});

test('it holds every route of the newest microversion, and nothing else', () => {
  const routes = allRoutes.filter(({ before }) => before === undefined);
  const expected = new Set(routes.map(({ method, path }) => `${method} ${templateOf(path)}`));
  const { paths } = openApiDocument(allRoutes);
  const found = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(found.sort()).toEqual([...expected].sort());
});

test('operations have names of their own, and every action of a path is in its body', () => {
  const { paths } = openApiDocument(allRoutes);
  const ids = Object.values(paths).flatMap((item) => Object.values(item).map((operation) => operation['operationId']));
  expect(new Set(ids).size).toBe(ids.length);
  const text = JSON.stringify(paths['/volumes/{id}/action']);
  const actions = allRoutes.filter(({ path }) => path === '/volumes/:id/action').map(({ action }) => action ?? '');
  expect(actions.length).toBeGreaterThan(10);
  for (const action of actions) expect(text).toContain(`"${action}"`);
});

test('nobody needs a token to read it', async () => {
  const server = createApp(lab.deps).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/openapi.json`);
  expect(await response.json()).toEqual(JSON.parse(JSON.stringify(openApiDocument(allRoutes))));
  server.closeAllConnections();
  server.close();
});

const schemathesis = await ensureVirtualenv({
  kind: 'schemathesis',
  what: 'schemathesis',
  packages: ['schemathesis==4.32.5'],
  programs: ['st'],
}).catch((error: Error) => {
  console.log(`schemathesis is skipped: it cannot be installed (${error.message.split('\n', 1)[0]})`);
  return null;
});

test.skipIf(schemathesis === null)(
  'schemathesis finds no server error and no invalid body that is accepted',
  async () => {
    const file = join(directory, 'openapi.json');
    await writeFile(file, JSON.stringify(openApiDocument(allRoutes)));
    const headers = [`X-Auth-Token: admin:${project}`, `OpenStack-API-Version: volume ${maximumMicroversion}`];
    const args = [
      ...['run', file, '--url', `${lab.url}/v3`, ...headers.flatMap((header) => ['-H', header])],
      ...['--phases', 'coverage,fuzzing', '--max-examples', '2', '--max-time', '40', '--request-timeout', '30'],
      ...['--checks', 'not_a_server_error,negative_data_rejection', '--suppress-health-check', 'all'],
      ...['--seed', '1', '--no-shrink', '--continue-on-failure', '--no-color'],
    ];
    const run = await runTool(join(schemathesis ?? '', 'st'), args, { timeoutMs: 240_000, cwd: directory });
    const serverErrors = lab.logged.filter((line) => line.includes('request failed'));
    expect(serverErrors).toEqual([]);
    expect(run.exitCode, run.stdout).toBe(0);
    expect(Number(/(\d+) generated/.exec(run.stdout)?.[1] ?? 0)).toBeGreaterThan(100);
  },
);
