// A whole Scoria without HTTP in one process: real PostgreSQL, real Temporal, real workers on real files.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, type ActivityInterceptorsFactory } from '@temporalio/worker';
import { pino, type Logger } from 'pino';
import type { HostServices } from '../../activities/host-services.ts';
import type { StepPolicy } from '../../activities/operation.ts';
import { createOperationStarter, type OperationStarter } from '../../api/operations/starter.ts';
import { startSweeper } from '../../api/operations/sweeper.ts';
import { ChunkedBackupEngine } from '../../drivers/backup/engine.ts';
import { PosixBackupStore } from '../../drivers/backup/posix/store.ts';
import { libiscsiOptions } from '../../drivers/connector/libiscsi/config.ts';
import { LibiscsiConnector } from '../../drivers/connector/libiscsi/driver.ts';
import { FileVolumeDriver } from '../../drivers/volume/file/driver.ts';
import { fileVolumeOptions } from '../../drivers/volume/file/config.ts';
import type { TargetDriver } from '../../drivers/target/target.ts';
import type { PrismaClient } from '../../prisma/generated/client.ts';
import { StorageError } from '../../domain/storage-errors.ts';
import { createDatabase } from '../../prisma/store/database/client.ts';
import { recordProgress } from '../../prisma/store/operations/host-claims.ts';
import { withHostLock } from '../../privileged/host-lock.ts';
import { startGlance } from '../../workers/embedded/glance.ts';
import { startEmbedded } from '../../workers/embedded/embedded.ts';
import { startBackupRole } from '../../workers/roles/backup.ts';
import { startControlRole } from '../../workers/roles/control.ts';
import type { HostReport, HostReporting, HostRoleDeps } from '../../workers/roles/host-worker.ts';
import type { RunningWorker } from '../../workers/roles/run-worker.ts';
import { startVolumeRole } from '../../workers/roles/volume.ts';
import { imagesBelow } from './host-images.ts';
import { accessTo, createLabImages, type LabImages } from './lab-images.ts';
import { saveReport } from './reports.ts';

export const labPolicy: StepPolicy = {
  maximumAttempts: 3,
  initialIntervalMs: 50,
  heartbeatTimeoutMs: 5_000,
  hostPatienceMs: 3_000,
};

/** Small objects, so that a backup of a test has several. */
const labChunks = { fileSizeBytes: 256 * 1024 ** 2, shaBlockBytes: 32_768, compression: 'zlib' } as const;

/** PostgreSQL, migrated, and Temporal, whichever form of it. */
export interface LabServers {
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  readonly databaseUrl: string;
  /** Temporal alone, for tests that lose it. */
  readonly temporal: { stop(): Promise<void> };
  /** Ends both and waits for it; may be called twice. */
  stop(): Promise<void>;
}

export interface LabOptions {
  /** Default: the embedded servers, Temporal's development server among them. */
  readonly startServers?: (stateDir: string) => Promise<LabServers>;
  readonly interceptors?: readonly ActivityInterceptorsFactory[];
  readonly policy?: Partial<StepPolicy>;
  readonly serviceDownTimeS?: number;
  readonly quotaDefaults?: Readonly<Record<string, number>>;
  /** Default: errors, on the console. */
  readonly log?: Logger;
  /** True starts a Glance: a real one, whose administrator is whoever asks. */
  readonly images?: boolean;
}

export interface LabBackend {
  readonly host: string;
  readonly backend: string;
  readonly directory: string;
  readonly driver: FileVolumeDriver;
  readonly worker: RunningWorker;
}

export interface Lab {
  readonly directory: string;
  readonly embedded: LabServers;
  readonly db: PrismaClient;
  readonly temporal: Client;
  readonly starter: OperationStarter;
  readonly services: HostServices & HostReporting;
  readonly log: Logger;
  /** Null unless the lab was asked for one. */
  readonly images: LabImages | null;
  addControl(interceptors?: readonly ActivityInterceptorsFactory[]): Promise<RunningWorker>;
  addBackend(host: string, backend: string, options?: BackendOptions): Promise<LabBackend>;
  /** Starts a backup worker with its own empty store; answers the store's directory. */
  addBackup(host: string): Promise<string>;
  /** What every role needs; tests start the backup and compute roles with it. */
  hostDeps(host: string): HostRoleDeps;
  stop(): Promise<void>;
}

export interface BackendOptions {
  readonly capacityGib?: number;
  readonly target?: TargetDriver | null;
}

/** Starts the servers and a control worker; back-ends are added by the test. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const directory = await mkdtemp(join(tmpdir(), 'scoria-lab-'));
  const startServers = options.startServers ?? ((stateDir: string) => startEmbedded({ stateDir }));
  const embedded = await startServers(join(directory, 'servers'));
  const glance = options.images ? await startGlance({ directory: join(directory, 'glance') }) : null;
  const db = createDatabase(embedded.databaseUrl);
  const address = embedded.temporalAddress;
  const connection = await NativeConnection.connect({ address });
  const temporal = new Client({ connection: await Connection.connect({ address }) });
  const log = options.log ?? pino({ level: 'error' });
  const namespace = embedded.temporalNamespace;
  const serviceDownTimeS = options.serviceDownTimeS ?? 60;
  const policy = { ...labPolicy, ...options.policy };
  const settings = { quotaDefaults: options.quotaDefaults ?? {}, backlogLimit: 10_000 };
  const starter = createOperationStarter({ db, temporal, log, settings });
  const sweeper = startSweeper({
    ...{ db, temporal, starter, log },
    ...{ everyMs: 2_000, unstartedAfterMs: 5_000, silentAfterMs: 30_000 },
  });
  const services: HostServices & HostReporting = {
    report: (report: HostReport) => saveReport(db, report),
    async reportProgress(claim, progress) {
      if (!(await recordProgress(db, claim, progress))) throw new StorageError('StaleEpoch', 'a void claim');
    },
    wantedExports: () => Promise.resolve([]),
    imageAccess: () => Promise.resolve(glance && accessTo(glance)),
    targetSecret: () => Promise.resolve({ username: 'lab', password: 'labsecret1234' }),
  };
  const images = glance && createLabImages(glance.url);
  const workers: RunningWorker[] = [];
  const keep = (worker: RunningWorker): RunningWorker => {
    workers.push(worker);
    return worker;
  };
  const hostDeps = (host: string): HostRoleDeps => ({
    connection,
    namespace,
    services,
    withHostLock: (request, work) => withHostLock({ stateDir: join(directory, host), ...request }, work),
    log,
    host,
    availabilityZone: 'nova',
    reportIntervalMs: 1_000,
    interceptors: options.interceptors ?? [],
  });
  const connectorOf = (host: string): LibiscsiConnector =>
    new LibiscsiConnector(libiscsiOptions.parse({ state_path: join(directory, host), host }));
  return {
    directory,
    embedded,
    db,
    temporal,
    starter,
    services,
    log,
    images,
    hostDeps,
    addControl: async (interceptors = options.interceptors ?? []) =>
      keep(
        await startControlRole({
          db,
          connection,
          namespace,
          log,
          host: 'control',
          availabilityZone: 'nova',
          reportIntervalMs: 1_000,
          policy,
          serviceDownTimeS,
          scheduler: { random: Math.random },
          quotaDefaults: options.quotaDefaults ?? {},
          cacheDir: join(tmpdir(), 'scoria-test-bundles'),
          interceptors,
        }),
      ),
    async addBackend(host, backend, { capacityGib = 1000, target = null } = {}) {
      const volumes = join(directory, host, backend);
      await mkdir(volumes, { recursive: true });
      await mkdir(join(directory, host, 'locks'), { recursive: true });
      const driver = new FileVolumeDriver(
        fileVolumeOptions.parse({
          volume_backend_name: backend,
          file_volumes_dir: volumes,
          file_capacity_gib: capacityGib,
          max_over_subscription_ratio: 1,
        }),
      );
      const worker = keep(
        await startVolumeRole({
          ...{ ...hostDeps(host), backend, driver, target },
          ...{ connector: connectorOf(host), images: imagesBelow(join(directory, host)) },
        }),
      );
      return { host, backend, directory: volumes, driver, worker };
    },
    async addBackup(host) {
      const store = join(directory, host, 'backups');
      await mkdir(store, { recursive: true });
      const engine = new ChunkedBackupEngine(new PosixBackupStore(store), labChunks);
      const connector = connectorOf(host);
      const worker = keep(
        await startBackupRole({ ...hostDeps(host), engine, connector, service: 'posix', defaultContainer: null }),
      );
      worker.ended
        .then(
          () => engine.close(),
          () => engine.close(),
        )
        .catch(() => undefined);
      return store;
    },
    async stop() {
      await sweeper.stop();
      await Promise.all(workers.map((worker) => worker.stop()));
      await db.$disconnect();
      await connection.close();
      await temporal.connection.close();
      await images?.close();
      await glance?.stop();
      await embedded.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
