// The API on a real PostgreSQL and a real socket, without Temporal: operations are accepted and wait.
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino, type Logger } from 'pino';
import { createApp } from '../../../api/app.ts';
import type { ApiConfig, ApiDeps } from '../../../api/http/config.ts';
import { createHttpApp } from '../../../api/http/app.ts';
import { noauth } from '../../../api/http/noauth.ts';
import type { Route } from '../../../api/http/route.ts';
import { OrderRefusedError } from '../../../api/operations/order.ts';
import type { OperationStarter } from '../../../api/operations/starter.ts';
import { createPolicyRules } from '../../../api/policy/enforcer.ts';
import { fixedPolicies } from '../../../api/policy/policy-file.ts';
import { migrate } from '../../../prisma/migrate.ts';
import { accept } from '../../../prisma/store/operations/accept.ts';
import { createDatabase, type Database } from '../../../prisma/store/database/client.ts';
import { startPostgres } from '../../../workers/embedded/postgres.ts';

export const labConfig: ApiConfig = {
  host: 'peer',
  maxLimit: 1000,
  rateLimit: { perMinute: 0, burst: 1 },
  maxRequestBodyBytes: 114_688,
  publicEndpoint: null,
  rpcResponseTimeoutMs: 2_000,
  backendReleaseOverS: 60,
  serviceDownTimeS: 60,
  quotaDefaults: {
    volumes: -1,
    gigabytes: -1,
    snapshots: -1,
    backups: -1,
    backup_gigabytes: -1,
    groups: 10,
    per_volume_gigabytes: -1,
  },
  noSnapshotGbQuota: false,
  defaultVolumeType: 'lf',
  defaultGroupType: null,
  storageAvailabilityZone: 'nova',
  defaultAvailabilityZone: 'nova',
  allowAvailabilityZoneFallback: false,
  clonedVolumeSameAz: true,
  snapshotSameHost: true,
  volumeNameTemplate: 'volume-%s',
  imageRules: {
    coreProperties: 'checksum,container_format,disk_format,image_name,image_id,min_disk,min_ram,name,size'.split(','),
    reservedNamespaces: [],
    forceUpload: false,
  },
  secretKey: 'lab-key-lab-key-lab-key',
  internalSecret: 'lab-secret-lab-secret',
};

/** Cinder's defaults. */
const defaultPolicies = fixedPolicies(createPolicyRules({}, { enforceNewDefaults: true }));

export interface ApiLab {
  readonly db: Database;
  readonly url: string;
  readonly deps: ApiDeps;
  /** What was logged, a line each. */
  readonly logged: readonly string[];
  /** Serves other routes on the same database; answers their base address. */
  serve(routes: readonly Route[], changes?: Partial<ApiDeps>): Promise<string>;
  /** Serves the whole API with these parts in the place of the lab's. */
  serveAll(changes: Partial<ApiDeps>): Promise<string>;
  stop(): Promise<void>;
}

/** Starts everything; `stop` ends it and removes its directory. */
export async function startApiLab(changes: Partial<ApiConfig> = {}): Promise<ApiLab> {
  const directory = await mkdtemp(join(tmpdir(), 'scoria-api-'));
  const postgres = await startPostgres({ directory, port: 0, durable: false });
  await migrate(postgres.databaseUrl);
  const db = createDatabase(postgres.databaseUrl);
  const logged: string[] = [];
  const log: Logger = pino({ level: 'info' }, { write: (line: string) => void logged.push(line) });
  const config = { ...labConfig, ...changes };
  const orders = { give: () => Promise.reject(new OrderRefusedError('nothing runs operations in this lab')) };
  const deps: ApiDeps = {
    db,
    config,
    operations: acceptingStarter(db, config),
    orders,
    stateChecks: { look: () => Promise.reject(new OrderRefusedError('nothing looks at storage in this lab')) },
    policies: defaultPolicies,
    authenticate: noauth,
    log,
  };
  const servers: Server[] = [];
  const listen = async (app: ReturnType<typeof createApp>): Promise<string> => {
    const server = await new Promise<Server>((resolve) => {
      const started = app.listen(0, '127.0.0.1', () => resolve(started));
    });
    servers.push(server);
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  return {
    db,
    deps,
    logged,
    url: await listen(createApp(deps)),
    serve: (routes, other = {}) => listen(createHttpApp({ ...deps, ...other }, { routes })),
    serveAll: (other) => listen(createApp({ ...deps, ...other })),
    async stop() {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
      await db.$disconnect();
      await postgres.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Accepts operations for good, but nothing runs them: that is what the API does while Temporal is away. */
function acceptingStarter(db: Database, config: ApiConfig): OperationStarter {
  return {
    submit: (request) => accept(db, request, { quotaDefaults: config.quotaDefaults }),
    submitAndWait: () => Promise.reject(new Error('nothing runs operations in this lab')),
    start: () => Promise.resolve(true),
  };
}
