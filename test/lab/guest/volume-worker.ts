// Runs in the lab VM: a host's volume workers, and its backup worker where backups go to a share, as production starts them.
// Arguments: the configuration file, and a file to write once it polls.
import { writeFile } from 'node:fs/promises';
import { NativeConnection } from '@temporalio/worker';
import { pino } from 'pino';
import { startBackupRole } from '../../../workers/roles/backup.ts';
import { backupEngineFor, backupNames } from '../../../workers/roles/backup-engine.ts';
import { withHostLock } from '../../../privileged/host-lock.ts';
import { loadConfig } from '../../../workers/config/load.ts';
import { targetFor, volumeDriverFor } from '../../../workers/roles/back-ends.ts';
import { connectorFor } from '../../../workers/roles/connectors.ts';
import { HttpHostServices } from '../../../workers/roles/host-services.ts';
import type { HostRoleDeps } from '../../../workers/roles/host-worker.ts';
import { startVolumeRole } from '../../../workers/roles/volume.ts';

const [, , configFile = '', readyFile = ''] = process.argv;
const { config } = loadConfig(configFile, { roles: ['volume'] });
const log = pino({ level: 'info' });
const connection = await NativeConnection.connect({ address: config.temporal.address });
const deps: HostRoleDeps = {
  connection,
  namespace: config.temporal.namespace,
  services: new HttpHostServices({ url: config.internalApi.url, secret: config.internalApi.secret ?? '' }),
  withHostLock: (request, work) => withHostLock({ stateDir: config.statePath, ...request }, work),
  log,
  host: config.host,
  availabilityZone: config.storageAvailabilityZone,
  reportIntervalMs: config.reportIntervalMs,
};
for (const backend of config.backends) {
  await startVolumeRole({
    ...deps,
    availabilityZone: backend.availabilityZone,
    backend: backend.section,
    driver: volumeDriverFor(backend),
    target: await targetFor(config, backend, log),
    connector: connectorFor(config),
    images: config.images,
  });
}
if (config.backup.driver === 'nfs') {
  const engine = await backupEngineFor(config);
  await startBackupRole({ ...deps, engine, connector: connectorFor(config), ...backupNames(config) });
}
await writeFile(readyFile, String(process.pid));
