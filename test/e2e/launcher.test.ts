// Promises of `./scoria up`: one command starts everything, one signal leaves nothing, and what dies comes back.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Daemon } from '../../privileged/daemon.ts';
import { runTool } from '../../privileged/tool.ts';
import type { LaunchFacts } from '../../workers/embedded/launch-options.ts';
import { isAlive } from '../../workers/embedded/processes.ts';
import { ensureClients } from '../../workers/embedded/clients.ts';
import { eventually } from '../support/eventually.ts';
import { anyPorts, placesIn, ready, scoria, startUp, type UpPlaces } from './support/up.ts';

const startTimeoutMs = 120_000;

let directory: string;
let running: Daemon[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'scoria-up-'));
  running = [];
});

afterEach(async () => {
  for (const daemon of running) await daemon.stop(60_000);
  await rm(directory, { recursive: true, force: true });
});

const places = (): UpPlaces => placesIn(directory);
const log = (): Promise<string> => readFile(places().logFile, 'utf8');

async function up(...flags: string[]): Promise<Daemon> {
  const daemon = await startUp(directory, ...flags);
  running.push(daemon);
  return daemon;
}

async function processesOf(facts: LaunchFacts): Promise<readonly string[]> {
  const alive = await Promise.all(
    Object.entries(facts.pids).map(async ([name, pid]) => (pid !== null && (await isAlive(pid)) ? [name] : [])),
  );
  return alive.flat();
}

async function openstack(facts: LaunchFacts, ...args: string[]): Promise<string> {
  const clients = await ensureClients();
  const env = { OS_CLIENT_CONFIG_FILE: facts.cloudsFile };
  const result = await runTool(clients.openstack, ['--os-cloud', 'scoria', ...args], { timeoutMs: 60_000, env });
  expect(result.exitCode, result.stderr).toBe(0);
  return result.stdout;
}

test('one command starts everything, openstack works as printed, and SIGTERM leaves nothing running', async () => {
  const daemon = await up(...anyPorts);
  const facts = await ready(daemon, directory);
  const health = await fetch(`${facts.apiUrl}/healthcheck`);
  expect(health.status).toBe(200);
  expect(await openstack(facts, 'volume', 'list', '-f', 'json')).toContain('[]');
  await openstack(facts, 'server', 'list', '-f', 'json');
  expect(await log()).toContain(`OS_CLIENT_CONFIG_FILE=${facts.cloudsFile}`);
  expect(await processesOf(facts)).toEqual(expect.arrayContaining(['api', 'worker', 'postgres', 'temporal']));

  expect(await daemon.stop(60_000)).toMatchObject({ code: 0 });
  expect(await processesOf(facts)).toEqual([]);
  await expect(readFile(places().readyFile)).rejects.toThrow('ENOENT');
});

test('what dies is started again, and a launcher that is killed leaves nothing that its successor cannot take over', async () => {
  const first = await up(...anyPorts);
  const facts = await ready(first, directory);
  for (const name of ['api', 'worker', 'postgres', 'temporal']) process.kill(facts.pids[name] ?? 0, 'SIGKILL');
  await eventually(async () => {
    const said = await log();
    for (const name of ['api', 'worker', 'postgres', 'temporal']) expect(said).toContain(`${name} is up again`);
  }, startTimeoutMs);
  await openstack(facts, 'volume', 'list');

  process.kill(facts.pid, 'SIGKILL');
  await first.exited;
  await rm(places().readyFile);
  const second = await up(...anyPorts);
  const again = await ready(second, directory);
  expect(again.stateDir).toBe(facts.stateDir);
  expect(again.targetPortal).toBe(facts.targetPortal);
  expect(await second.stop(60_000)).toMatchObject({ code: 0 });
  expect(await processesOf(again)).toEqual([]);
});

test('a state directory that is in use is refused in one line', async () => {
  const facts = await ready(await up(...anyPorts), directory);
  const second = await runTool(scoria, ['up', '--state-dir', places().stateDir, ...anyPorts], { timeoutMs: 30_000 });
  expect(second.exitCode).toBe(1);
  expect(second.stderr.trim()).toBe(
    `scoria: ${places().stateDir} is in use by process ${facts.pid}: stop that one or choose another with --state-dir`,
  );
  expect((await fetch(`${facts.apiUrl}/healthcheck`)).status).toBe(200);
});

test('a port that is in use is refused in one line that names its flag, and nothing is started', async () => {
  const server = await listening();
  const { port } = server.address() as { port: number };
  try {
    const args = ['up', '--state-dir', places().stateDir, ...anyPorts.slice(1), `--api-port=${port}`];
    const { exitCode, stderr } = await runTool(scoria, args, { timeoutMs: 30_000 });
    expect(exitCode).toBe(1);
    expect(stderr.trim()).toBe(`scoria: port ${port} on 127.0.0.1 is already in use: choose another with --api-port`);
  } finally {
    server.close();
  }
});

test('a configuration with mistakes starts nothing and names them all', async () => {
  const config = join(directory, 'bad.conf');
  await writeFile(config, '[DEFAULT]\nauth_strategy = noauth\nenabled_backends = a\nquota_volumes = x\n');
  const args = ['up', '--state-dir', places().stateDir, '--config', config, ...anyPorts];
  const { exitCode, stderr } = await runTool(scoria, args, { timeoutMs: 30_000 });
  expect(exitCode).toBe(1);
  expect(stderr).toContain(`${config}:4: [DEFAULT] quota_volumes: found "x"`);
  expect(stderr).toContain('[a] volume_driver: is missing');
});

async function listening(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

test('with Keystone everybody logs in by name, images and volumes too, and the operations command does so too', async () => {
  const others = ['--with-keystone', '--keystone-port', '0', '--with-glance', '--glance-port', '0'];
  const daemon = await up(...anyPorts, ...others);
  const facts = await ready(daemon, directory);
  const clients = await ensureClients();
  const as = (cloud: string, ...args: string[]) =>
    runTool(clients.openstack, ['--os-cloud', cloud, ...args], {
      timeoutMs: 120_000,
      env: { OS_CLIENT_CONFIG_FILE: facts.cloudsFile },
    });
  const made = await as('scoria-demo', 'volume', 'create', '--size', '1', 'mine', '-f', 'json');
  expect(made.exitCode, made.stderr).toBe(0);
  const listed = await as('scoria-reader', 'volume', 'list', '-f', 'value', '-c', 'Name');
  expect(listed.stdout.trim()).toBe('mine');
  const refused = await as('scoria-reader', 'volume', 'create', '--size', '1', 'theirs');
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stderr).toContain("Policy doesn't allow volume:create to be performed.");
  // The image is looked up by its name, in the Glance of the catalogue.
  const image = await as('scoria-demo', 'image', 'create', '--file', facts.cloudsFile, 'small', '-f', 'value');
  expect(image.exitCode, image.stderr).toBe(0);
  const booted = await as('scoria-demo', 'volume', 'create', '--image', 'small', '--size', '1', 'booted');
  expect(booted.exitCode, booted.stderr).toBe(0);
  await eventually(async () => {
    const shown = await as('scoria-demo', 'volume', 'show', 'booted', '-f', 'json');
    expect(JSON.parse(shown.stdout)).toMatchObject({ status: 'available', bootable: true });
  });
  const operations = await runTool(scoria, ['operations', 'list', '--state-dir', facts.stateDir], {
    timeoutMs: 120_000,
  });
  expect(operations.stdout).toContain('volumeCreate');
  expect((await fetch(`${facts.apiUrl}/v3/volumes`, { headers: { 'X-Auth-Token': 'admin:admin' } })).status).toBe(401);
}, 600_000);
