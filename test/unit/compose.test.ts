// docker-compose.yml: valid by its specification's schema, and every file that it names is there.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporalServerVersion } from '../../workers/embedded/temporal-server.ts';
import {
  composePath,
  dependenciesOf,
  projectRoot,
  readComposeFile,
  type ComposeFile,
} from '../cluster/compose/compose-file.ts';

const schemaPath = join(projectRoot, 'test/fixtures/compose/compose-spec.json');
let file: ComposeFile;

beforeAll(async () => {
  file = await readComposeFile({ POSTGRES_PASSWORD: 'a-password' });
});

const services = () => Object.entries(file.services);

async function problemsOf(document: unknown): Promise<readonly string[]> {
  // Ajv knows draft 7 by another address; the formats are compose's own.
  const { $schema: _, ...schema } = JSON.parse(await readFile(schemaPath, 'utf8')) as Record<string, unknown>;
  const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
  validate(document);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

describe('docker-compose.yml', () => {
  it("is valid by the Compose Specification's schema", async () => {
    expect(await problemsOf(file)).toEqual([]);
  });

  it('would be refused with a misspelt word', async () => {
    const api = { ...file.services.api, healthchek: {} };
    expect(await problemsOf({ ...file, services: { ...file.services, api } })).not.toEqual([]);
  });

  it('needs the password of PostgreSQL', async () => {
    await expect(readComposeFile({})).rejects.toThrow('POSTGRES_PASSWORD');
  });

  it('has every role, PostgreSQL, a Temporal cluster with its page, and several APIs behind one address', () => {
    const names = ['postgres', 'temporal', 'temporal-history', 'temporal-ui', 'api', 'balancer', 'control'];
    expect(Object.keys(file.services)).toEqual(expect.arrayContaining([...names, 'storage1', 'backup1', 'compute1']));
    for (const name of ['api', 'control', 'temporal-history'])
      expect(file.services[name]?.deploy?.replicas, name).toBeGreaterThan(1);
    const published = services().filter(([, { ports = [] }]) => ports.some((port) => !port.startsWith('127.')));
    expect(published.map(([name]) => name)).toEqual(['balancer']);
  });

  it('checks the health of every service that keeps running, and waits for nothing that it cannot know', () => {
    const unchecked = services().filter(([, { restart, healthcheck }]) => restart !== 'no' && !healthcheck);
    // A page to look at: nothing depends on it.
    expect(unchecked.map(([name]) => name)).toEqual(['temporal-ui']);
    for (const [name, service] of services())
      for (const [needed, condition] of dependenciesOf(service)) {
        const dependency = file.services[needed];
        expect(dependency, `${name} depends on ${needed}`).toBeDefined();
        if (condition === 'service_healthy') expect(dependency?.healthcheck, needed).toBeDefined();
        if (condition === 'service_completed_successfully') expect(dependency?.restart, needed).toBe('no');
      }
  });

  it('mounts only what is there, and runs one image for all roles', () => {
    const sources = services().flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0] ?? ''));
    const missing = sources.filter((source) => source.startsWith('./') && !existsSync(join(projectRoot, source)));
    expect(missing).toEqual([]);
    const built = services().filter(([, { build }]) => build !== undefined);
    expect(new Set(built.map(([, { image }]) => image))).toEqual(new Set(['scoria:latest']));
  });

  it('names configuration files that exist, or that the operator copies from an example', () => {
    const words = services().flatMap(([, { command = [], entrypoint = [] }]) => [...entrypoint, ...command]);
    const files = words
      .filter((word) => word.startsWith('/etc/scoria/'))
      .map((word) => word.replace('/etc/scoria', 'deploy'));
    expect(files.length).toBeGreaterThan(5);
    const missing = files.filter(
      (name) => ![name, `${name}.example`].some((one) => existsSync(join(projectRoot, one))),
    );
    expect(missing).toEqual([]);
  });

  it('runs the Temporal server that these tests run', async () => {
    const text = await readFile(composePath, 'utf8');
    const versions = [...text.matchAll(/temporalio\/(?:server|admin-tools):(\S+)/g)].map(([, version]) => version);
    expect(new Set(versions)).toEqual(new Set([temporalServerVersion]));
  });
});
