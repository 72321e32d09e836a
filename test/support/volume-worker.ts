// A volume worker in a process of its own, on a lab's servers, that can stop itself (SIGSTOP) inside a step of its host.
// Argument: path of a JSON file with VolumeWorkerSettings. Says "up" once it polls.
import { readFile } from 'node:fs/promises';
import { activityInfo } from '@temporalio/activity';
import { NativeConnection } from '@temporalio/worker';
import { pino } from 'pino';
import type { ImageAccess } from '../../domain/images.ts';
import type { WithHostLock } from '../../activities/host-step.ts';
import { libiscsiOptions } from '../../drivers/connector/libiscsi/config.ts';
import { LibiscsiConnector } from '../../drivers/connector/libiscsi/driver.ts';
import { fileVolumeOptions } from '../../drivers/volume/file/config.ts';
import { FileVolumeDriver } from '../../drivers/volume/file/driver.ts';
import type { StepContext } from '../../drivers/step.ts';
import type { VolumeRef } from '../../drivers/volume/driver.ts';
import { createDatabase } from '../../prisma/store/database/client.ts';
import { withHostLock } from '../../privileged/host-lock.ts';
import { startVolumeRole } from '../../workers/roles/volume.ts';
import { imagesBelow } from './host-images.ts';
import { saveReport } from './reports.ts';

export interface StopPoint {
  /** Activity type: the first such step that this process is given stops it. */
  readonly step: string;
  /** Before it has the host's lock; with the lock, before it does anything; or while it erases a volume's data. */
  readonly where: 'before the lock' | 'in the lock' | 'half-way';
}

export interface VolumeWorkerSettings {
  readonly temporalAddress: string;
  readonly namespace: string;
  readonly databaseUrl: string;
  readonly host: string;
  readonly backend: string;
  readonly volumesDir: string;
  readonly stateDir: string;
  /** How Glance is reached, where a test has one. */
  readonly images?: ImageAccess | null;
  readonly stop: StopPoint;
}

const settings = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')) as VolumeWorkerSettings;
const { host, backend, stop } = settings;
let stopped = false;

function stopAt(where: StopPoint['where']): void {
  if (stopped || stop.where !== where || activityInfo().activityType !== stop.step) return;
  stopped = true;
  console.log(`stops ${where} of ${stop.step}`);
  process.kill(process.pid, 'SIGSTOP');
}

const stoppingLock: WithHostLock = async (request, work) => {
  const wasStopped = stopped;
  stopAt('before the lock');
  const done = withHostLock({ stateDir: settings.stateDir, ...request }, (lockFd) => {
    stopAt('in the lock');
    return work(lockFd);
  });
  const say = (how: string): void => {
    if (stopped && !wasStopped) console.log(`the stopped step ${how}`);
  };
  done.then(
    () => say('was carried out'),
    (error: unknown) => say(`was refused: ${String(error)}`),
  );
  return done;
};

/** The file driver, which stops between two blocks of zeros. */
class StoppingDriver extends FileVolumeDriver {
  override deleteVolume(step: StepContext, volume: VolumeRef): Promise<void> {
    const reportProgress = (bytesDone: number, bytesTotal: number): void => {
      if (bytesDone * 2 >= bytesTotal) stopAt('half-way');
      step.reportProgress(bytesDone, bytesTotal);
    };
    return super.deleteVolume({ ...step, reportProgress }, volume);
  }
}

const db = createDatabase(settings.databaseUrl);
await startVolumeRole({
  connection: await NativeConnection.connect({ address: settings.temporalAddress }),
  namespace: settings.namespace,
  services: {
    report: (report) => saveReport(db, report),
    reportProgress: () => Promise.resolve(),
    wantedExports: () => Promise.resolve([]),
    targetSecret: () => Promise.resolve(null),
    imageAccess: () => Promise.resolve(settings.images ?? null),
  },
  withHostLock: stoppingLock,
  log: pino({ level: 'error' }),
  host,
  backend,
  availabilityZone: 'nova',
  reportIntervalMs: 500,
  driver: new StoppingDriver(
    fileVolumeOptions.parse({
      volume_backend_name: backend,
      file_volumes_dir: settings.volumesDir,
      file_capacity_gib: 1000,
      max_over_subscription_ratio: 1,
    }),
  ),
  target: null,
  images: imagesBelow(settings.stateDir),
  connector: new LibiscsiConnector(libiscsiOptions.parse({ state_path: settings.stateDir, host })),
});
console.log('up');
