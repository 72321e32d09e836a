// Wires each role to its parts from the configuration, and runs several of them in one process.
import { join } from 'node:path';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createLibvirtDriver } from '../../drivers/connector/libvirt/driver.ts';
import { createDatabase } from '../../prisma/store/database/client.ts';
import { withHostLock } from '../../privileged/host-lock.ts';
import { reachRootThrough } from '../../privileged/root.ts';
import type { ScoriaConfig } from '../config/config.ts';
import type { Role } from '../config/requirements.ts';
import { startApiRole } from './api.ts';
import { startBackupRole } from './backup.ts';
import { backupEngineFor, backupNames } from './backup-engine.ts';
import { startComputeRole } from './compute.ts';
import { connectorFor } from './connectors.ts';
import { startControlRole } from './control.ts';
import { serveHealth } from './health.ts';
import { HttpHostServices } from './host-services.ts';
import type { HostRoleDeps } from './host-worker.ts';
import { temporalConnectionOptions } from './temporal-connection.ts';
import type { RunningWorker } from './run-worker.ts';
import { startVolumeRole } from './volume.ts';
import { ownVersion } from './worker-deployment.ts';
import { targetFor, volumeDriverFor } from './back-ends.ts';

type Starter = (config: ScoriaConfig, context: Context) => Promise<readonly RunningWorker[]>;

interface Context {
  readonly log: Logger;
  /** One connection to Temporal for all workers of this process. */
  readonly connection: () => Promise<NativeConnection>;
}

const starters: Readonly<Record<Role, Starter>> = {
  api: async (config, { log }) => [await startApiRole(config, log)],
  control: startControl,
  volume: startVolumes,
  backup: startBackup,
  compute: startCompute,
};

/** Starts the roles in order; when one fails, those before it are stopped and the error is thrown. */
export async function startRoles(config: ScoriaConfig, roles: readonly Role[], log: Logger): Promise<RunningWorker> {
  // The SDK's own words go where ours go; its chatter about worker states does not.
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => log.warn({ sdkLevel: level, ...meta }, message)),
  });
  reachRootThrough(config.rootwrapConfig);
  let shared: Promise<NativeConnection> | null = null;
  const connection = (): Promise<NativeConnection> =>
    (shared ??= temporalConnectionOptions(config.temporal).then((options) => NativeConnection.connect(options)));
  const running: RunningWorker[] = [];
  let isStopping = false;
  let health: { stop(): void } | null = null;
  const stop = async (): Promise<void> => {
    isStopping = true;
    await Promise.all(running.map((worker) => worker.stop()));
    health?.stop();
    await shared?.then((open) => open.close()).catch(() => undefined);
  };
  try {
    for (const role of roles) running.push(...(await starters[role](config, { log, connection })));
    if (config.health !== null) health = await serveHealth(config.health, () => !isStopping);
  } catch (error) {
    await stop();
    throw error;
  }
  return { ended: Promise.race(running.map((worker) => worker.ended)), stop };
}

async function startControl(config: ScoriaConfig, { connection, log }: Context): Promise<readonly RunningWorker[]> {
  const db = createDatabase(mustBeSet(config.database.connection));
  const worker = await startControlRole({
    db,
    connection: await connection(),
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
    version: await ownVersion(config.temporal),
  });
  const stop = async (): Promise<void> => {
    await worker.stop();
    await db.$disconnect();
  };
  return [{ ended: worker.ended, stop }];
}

async function startVolumes(config: ScoriaConfig, context: Context): Promise<readonly RunningWorker[]> {
  const deps = await hostDeps(config, context);
  const connector = connectorFor(config);
  const { images } = config;
  const workers: RunningWorker[] = [];
  for (const backend of config.backends) {
    const driver = volumeDriverFor(backend);
    // Clients of such a back-end go to it themselves: nothing is exported here.
    const target = driver.connection ? null : await targetFor(config, backend, context.log);
    const { availabilityZone, section } = backend;
    const parts = { backend: section, driver, target, connector, images };
    workers.push(await startVolumeRole({ ...deps, availabilityZone, ...parts }));
  }
  return workers;
}

async function startBackup(config: ScoriaConfig, context: Context): Promise<readonly RunningWorker[]> {
  const deps = await hostDeps(config, context);
  const connector = connectorFor(config);
  const engine = await backupEngineFor(config);
  const { service, defaultContainer } = backupNames(config);
  const worker = await startBackupRole({ ...deps, engine, connector, service, defaultContainer });
  const stop = async (): Promise<void> => {
    await worker.stop();
    await engine.close();
  };
  return [{ ended: worker.ended, stop }];
}

async function startCompute(config: ScoriaConfig, context: Context): Promise<readonly RunningWorker[]> {
  const { libvirtUri } = config.compute;
  if (libvirtUri === null) {
    context.log.warn(
      'no [compute] libvirt_uri: this host runs no instances, and nothing can be attached to a server here',
    );
    return [];
  }
  const instances = createLibvirtDriver({
    connectionUri: libvirtUri,
    workDirectory: join(config.statePath, 'instances'),
  });
  return [await startComputeRole({ ...(await hostDeps(config, context)), instances })];
}

async function hostDeps(config: ScoriaConfig, { log, connection }: Context): Promise<HostRoleDeps> {
  const { url, secret } = config.internalApi;
  return {
    connection: await connection(),
    namespace: config.temporal.namespace,
    services: new HttpHostServices({ url, secret: mustBeSet(secret) }),
    withHostLock: (request, work) => withHostLock({ stateDir: config.statePath, ...request }, work),
    log,
    host: config.host,
    availabilityZone: config.storageAvailabilityZone,
    reportIntervalMs: config.reportIntervalMs,
  };
}

/** The configuration was checked for the roles that run with it. */
function mustBeSet(value: string | null): string {
  if (value === null) throw new Error('the configuration was not checked for this role');
  return value;
}
