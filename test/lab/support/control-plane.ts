// API and control worker on the host, for storage hosts in the lab VM that reach them at 10.0.2.2.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { createDatabase } from '../../../prisma/store/database/client.ts';
import { parseConfig } from '../../../workers/config/load.ts';
import { startEmbedded } from '../../../workers/embedded/embedded.ts';
import { startRoles } from '../../../workers/roles/start-roles.ts';
import { freePort } from '../../driver/support/step.ts';
import { eventually } from '../../support/eventually.ts';
import { expectNothingLeft } from '../../support/invariants.ts';
import type { Json } from '../../support/json.ts';

const project = 'abcdef0123456789abcdef0123456789';
/** How the VM calls the host's loopback. */
const hostFromVm = '10.0.2.2';

export interface ControlPlane {
  /** INI text for a worker in the VM: where the API and Temporal are; the back-ends are the test's. */
  readonly workerConfig: string;
  call(method: string, path: string, body?: Json): Promise<{ readonly status: number; readonly body: Json }>;
  /** Waits until a resource (`volumes/<id>`) has one of these statuses; a paused operation's reason ends the wait. */
  settled(resource: string, ...statuses: string[]): Promise<Json>;
  /** Waits until it answers 404. */
  gone(resource: string): Promise<void>;
  /** The database holds nothing half done. */
  nothingHeld(): Promise<void>;
  stop(): Promise<void>;
}

const patienceMs = 400_000;

export async function startControlPlane(): Promise<ControlPlane> {
  const directory = await mkdtemp(join(tmpdir(), 'scoria-lab-control-'));
  const embedded = await startEmbedded({ stateDir: join(directory, 'servers'), durable: false });
  const apiPort = await freePort();
  const secrets = `internal_api_secret = lab-lab-lab-lab-lab\nsecret_key = lab-lab-lab-lab-lab-lab`;
  // A worker in the VM takes a minute to start again on a busy machine; that is no reason to pause.
  const steps = `step_maximum_attempts = 5\nstep_initial_interval_ms = 200\nstep_heartbeat_timeout_ms = 20000\nhost_patience_ms = 300000`;
  const configOf = (host: string): string =>
    `[DEFAULT]\nauth_strategy = noauth\nstate_path = ${host === hostFromVm ? '/run/scoria' : directory}\n` +
    `osapi_volume_listen = 127.0.0.1\nosapi_volume_listen_port = ${apiPort}\nreport_interval = 2\nservice_down_time = 900\n` +
    `[temporal]\naddress = ${embedded.temporalAddress.replace('127.0.0.1', host)}\n` +
    `[scoria]\ninternal_api_url = http://${host}:${apiPort}\n${secrets}\n${steps}\n`;
  const text = `${configOf('127.0.0.1')}cache_path = ${join(tmpdir(), 'scoria-test-bundles')}\n[database]\nconnection = ${embedded.databaseUrl}\n`;
  const { config } = parseConfig([{ name: 'lab.conf', text }], { roles: ['api', 'control'] });
  const roles = await startRoles(config, ['api', 'control'], pino({ level: 'error' }));
  const db = createDatabase(embedded.databaseUrl, { poolSize: 2 });

  const call: ControlPlane['call'] = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${apiPort}/v3/${project}/${path}`, {
      method,
      headers: {
        'X-Auth-Token': `admin:${project}`,
        'Content-Type': 'application/json',
        'OpenStack-API-Version': 'volume 3.71',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await response.text();
    return { status: response.status, body: answer === '' ? {} : (JSON.parse(answer) as unknown) };
  };
  return {
    workerConfig: configOf(hostFromVm),
    call,
    settled: (resource, ...statuses) =>
      eventually(async () => {
        const { status, body } = await call('GET', resource);
        const [shown] = Object.values(body) as Json[];
        if (status === 200 && statuses.includes(String(shown?.['status']))) return shown;
        const { body: operations } = await call('GET', `operations?resource_id=${resource.split('/')[1]}`);
        throw new Error(`${resource}: ${JSON.stringify(body)}; ${JSON.stringify(operations).slice(0, 2_000)}`);
      }, patienceMs),
    gone: (resource) =>
      eventually(async () => {
        const { status, body } = await call('GET', resource);
        if (status !== 404) throw new Error(`${resource} is still there: ${JSON.stringify(body)}`);
      }, patienceMs),
    nothingHeld: () => expectNothingLeft({ db }, []),
    async stop() {
      await db.$disconnect();
      await roles.stop();
      await embedded.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Writes a worker's configuration where the VM sees it. */
export async function writeWorkerConfig(path: string, plane: ControlPlane, rest: string): Promise<void> {
  await writeFile(path, `${plane.workerConfig}${rest}`);
}
