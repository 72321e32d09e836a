// Runs in the lab VM: the volume worker of a host, as production starts it, without the roles that the VM has no use for.
// Arguments: the configuration file, and a file to write once it polls.
import { writeFile } from 'node:fs/promises';
import { NativeConnection } from '@temporalio/worker';
import { pino } from 'pino';
import { withHostLock } from '../../../privileged/host-lock.ts';
import { loadConfig } from '../../../workers/config/load.ts';
import { targetFor, volumeDriverFor } from '../../../workers/roles/back-ends.ts';
import { connectorFor } from '../../../workers/roles/connectors.ts';
import { HttpHostServices } from '../../../workers/roles/host-services.ts';
import { startVolumeRole } from '../../../workers/roles/volume.ts';

const [, , configFile = '', readyFile = ''] = process.argv;
const { config } = loadConfig(configFile, { roles: ['volume'] });
const log = pino({ level: 'info' });
const connection = await NativeConnection.connect({ address: config.temporal.address });
for (const backend of config.backends) {
  await startVolumeRole({
    connection,
    namespace: config.temporal.namespace,
    services: new HttpHostServices({ url: config.internalApi.url, secret: config.internalApi.secret ?? '' }),
    withHostLock: (request, work) => withHostLock({ stateDir: config.statePath, ...request }, work),
    log,
    host: config.host,
    availabilityZone: backend.availabilityZone,
    reportIntervalMs: config.reportIntervalMs,
    backend: backend.section,
    driver: volumeDriverFor(backend),
    target: await targetFor(config, backend, log),
    connector: connectorFor(config),
    images: config.images,
  });
}
await writeFile(readyFile, String(process.pid));
