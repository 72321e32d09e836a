// A real Keystone with people in two projects, and the API in front of which it checks tokens.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allRoutes } from '../../../api/app.ts';
import { keystone } from '../../../api/keystone/authenticate.ts';
import { createIdentityService, type IdentityService } from '../../../api/keystone/identity.ts';
import type { KeystoneOptions } from '../../../api/keystone/options.ts';
import { startKeystone } from '../../../workers/embedded/keystone.ts';
import { KeystoneClient, logIn, type KeystoneLogin } from '../../../workers/embedded/keystone-client.ts';
import { demoProject, populateKeystone, serviceUser } from '../../../workers/embedded/keystone-people.ts';
import { startVolumeLab, type Answered, type VolumeLab } from './volume-lab.ts';

/** All secret words begin so: they must not be found in any log. */
const secretMark = 'hush-';
export const passwords = {
  admin: `${secretMark}admin`,
  demo: `${secretMark}demo`,
  reader: `${secretMark}reader`,
  service: `${secretMark}service`,
};

export interface KeystoneLab {
  readonly volumes: VolumeLab;
  /** `http://127.0.0.1:port/v3` */
  readonly keystoneUrl: string;
  readonly keystone: KeystoneClient;
  readonly options: KeystoneOptions;
  readonly projects: { readonly demo: string; readonly other: string };
  /** Every token that was handed out. */
  readonly tokens: readonly string[];
  logIn(login: KeystoneLogin): Promise<string>;
  /** Serves the API with other options, and tells of each question to Keystone. */
  serve(changes?: Partial<KeystoneOptions>): Promise<{ readonly url: string; readonly asked: readonly string[] }>;
  stop(): Promise<void>;
}

export async function startKeystoneLab(): Promise<KeystoneLab> {
  const directory = await mkdtemp(join(tmpdir(), 'scoria-keystone-'));
  const [volumes, server] = await Promise.all([
    startVolumeLab(),
    startKeystone({ directory, adminPassword: passwords.admin }),
  ]);
  await populateKeystone(server.url, passwords, { apiUrl: volumes.url, glanceUrl: null });
  const tokens: string[] = [];
  const asLogin = async (login: KeystoneLogin): Promise<string> => {
    const token = await logIn(server.url, login);
    tokens.push(token);
    return token;
  };
  const client = new KeystoneClient(
    server.url,
    await asLogin({ user: 'admin', password: passwords.admin, scope: { project: 'admin' } }),
  );
  const other = await client.ensureMember({
    name: 'stranger',
    password: passwords.demo,
    project: 'other',
    roles: ['member'],
  });
  const demo = await client.ensure('project', { name: demoProject, domain_id: 'default' });
  const options: KeystoneOptions = {
    authUrl: server.url,
    wwwAuthenticateUri: 'http://keystone.example',
    login: {
      method: 'password',
      user: { id: null, name: serviceUser.name, domainId: 'default', domainName: null, password: passwords.service },
      project: { id: null, name: serviceUser.project, domainId: null, domainName: 'Default' },
    },
    interface: 'internal',
    regionName: null,
    tls: { caFile: null, certFile: null, keyFile: null, insecure: false },
    timeoutMs: 30_000,
    maxRetries: 1,
    cacheMs: 300_000,
    serviceTokenRoles: ['service'],
    serviceTokenRolesRequired: true,
    serviceType: 'block-storage',
  };
  const services: IdentityService[] = [];
  return {
    volumes,
    keystoneUrl: server.url,
    keystone: client,
    options,
    projects: { demo: demo.id, other: other.projectId },
    tokens,
    logIn: asLogin,
    async serve(changes = {}) {
      const own = { ...options, ...changes };
      const service = createIdentityService(own);
      services.push(service);
      const asked: string[] = [];
      const identity: IdentityService = {
        ...service,
        validate: (token, how) => {
          asked.push(token);
          return service.validate(token, how);
        },
      };
      const { policies, log } = volumes.deps;
      const authenticate = keystone({ identity, options: own, policies, log });
      return { url: await volumes.serve(allRoutes, { operations: volumes.starter, authenticate }), asked };
    },
    async stop() {
      await Promise.all(services.map((service) => service.close()));
      await server.stop();
      await volumes.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Sends a request with these headers. */
export async function ask(
  url: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: unknown,
): Promise<Answered & { readonly headers: Headers }> {
  const response = await fetch(`${url}/v3${path}`, {
    method,
    headers: { 'Content-Type': 'application/json', 'OpenStack-API-Version': 'volume 3.71', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? null : (JSON.parse(text) as unknown),
  };
}
