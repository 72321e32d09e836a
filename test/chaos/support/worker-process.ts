// One worker role in a process of its own, wired as workers/roles/start-roles.ts does it, with a gate around each step.
// Arguments: configuration file, role, ready file, path of the gate's socket. Only the role's own code is loaded.
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import { pino } from 'pino';
import type { WithHostLock } from '../../../activities/host-step.ts';
import { withHostLock } from '../../../privileged/host-lock.ts';
import { scalePatience } from '../../../privileged/silence-timer.ts';
import type { ScoriaConfig } from '../../../workers/config/config.ts';
import { loadConfig } from '../../../workers/config/load.ts';
import type { Role } from '../../../workers/config/requirements.ts';
import { HttpHostServices } from '../../../workers/roles/host-services.ts';
import type { HostRoleDeps } from '../../../workers/roles/host-worker.ts';
import type { RunningWorker } from '../../../workers/roles/run-worker.ts';
import { gateInterceptor } from './gate-client.ts';
import { hosts } from './plant-config.ts';
import type { WorkerRole } from './processes.ts';

/** A command that hangs is given up after 1.5 s instead of 30 s, a copy after 6 s instead of 120 s. */
const patience = 1 / 20;
const [configFile = '', role = '', readyFile = '', socketPath = ''] = process.argv.slice(2);
const { config } = loadConfig([configFile], { roles: [role as Role] });
const log = pino({ level: 'info', base: { role } });

scalePatience(patience);
const running = await starters()[role as WorkerRole]();
await writeFile(readyFile, String(process.pid));
process.once('SIGTERM', () => {
  void Promise.all(running.map((worker) => worker.stop())).then(() => process.exit(0));
});
await Promise.race(running.map((worker) => worker.ended));

function starters(): Readonly<Record<WorkerRole, () => Promise<readonly RunningWorker[]>>> {
  return { control: startControl, volume: startVolume, backup: startBackup, compute: startCompute };
}

function connect(): Promise<NativeConnection> {
  return NativeConnection.connect({ address: config.temporal.address });
}

async function hostDeps(): Promise<HostRoleDeps> {
  const secret = config.internalApi.secret ?? '';
  return {
    connection: await connect(),
    namespace: config.temporal.namespace,
    services: new HttpHostServices({ url: config.internalApi.url, secret }),
    withHostLock: (request, work) => withHostLock({ stateDir: config.statePath, ...request }, work),
    log,
    host: config.host,
    availabilityZone: config.storageAvailabilityZone,
    reportIntervalMs: config.reportIntervalMs,
    interceptors: [await gateInterceptor(socketPath)],
  };
}

async function startControl(): Promise<readonly RunningWorker[]> {
  const { startControlRole } = await import('../../../workers/roles/control.ts');
  const { createDatabase } = await import('../../../prisma/store/database/client.ts');
  const worker = await startControlRole({
    db: createDatabase(config.database.connection ?? ''),
    connection: await connect(),
    namespace: config.temporal.namespace,
    log,
    host: config.host,
    availabilityZone: config.storageAvailabilityZone,
    reportIntervalMs: config.reportIntervalMs,
    policy: config.steps,
    serviceDownTimeS: config.serviceDownTimeS,
    scheduler: { ...config.scheduler, random: Math.random },
    quotaDefaults: config.quotaDefaults,
    cacheDir: join(config.cachePath, 'workflows'),
    interceptors: [await gateInterceptor(socketPath)],
  });
  return [worker];
}

async function startVolume(): Promise<readonly RunningWorker[]> {
  const { startVolumeRole } = await import('../../../workers/roles/volume.ts');
  const { targetFor, volumeDriverFor } = await import('../../../workers/roles/back-ends.ts');
  const deps = await hostDeps();
  const connector = await connectorOf(config);
  const workers: RunningWorker[] = [];
  for (const backend of config.backends) {
    const target = await targetFor(config, backend, log);
    const driver = volumeDriverFor(backend);
    const parts = { backend: backend.section, driver, target, connector, images: config.images };
    workers.push(await startVolumeRole({ ...deps, ...parts }));
  }
  return workers;
}

async function startBackup(): Promise<readonly RunningWorker[]> {
  const { startBackupRole } = await import('../../../workers/roles/backup.ts');
  const { backupEngineFor, backupNames } = await import('../../../workers/roles/backup-engine.ts');
  const engine = await backupEngineFor(config);
  const deps = await hostDeps();
  const common = { engine, connector: await connectorOf(config), ...backupNames(config) };
  // One more on the volumes' own host, which reads them without a network, as in a set-up on one machine.
  const stateDir = join(dirname(config.statePath), hosts.volume);
  const withLock: WithHostLock = (request, work) => withHostLock({ stateDir, ...request }, work);
  return [
    await startBackupRole({ ...deps, ...common }),
    await startBackupRole({ ...deps, ...common, host: hosts.volume, withHostLock: withLock }),
  ];
}

async function connectorOf({ statePath, host, myIp }: ScoriaConfig) {
  const { LibiscsiConnector } = await import('../../../drivers/connector/libiscsi/driver.ts');
  const { libiscsiOptions } = await import('../../../drivers/connector/libiscsi/config.ts');
  return new LibiscsiConnector(libiscsiOptions.parse({ state_path: statePath, host, my_ip: myIp }));
}

async function startCompute(): Promise<readonly RunningWorker[]> {
  const { startComputeRole } = await import('../../../workers/roles/compute.ts');
  const { ConnectedInstances } = await import('./connected-instances.ts');
  const instances = new ConnectedInstances(config.statePath, config.host);
  return [await startComputeRole({ ...(await hostDeps()), instances })];
}
