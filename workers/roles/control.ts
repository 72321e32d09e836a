// The control role: workflows, and the steps on the database, on the queue that any control worker serves.
import { Client } from '@temporalio/client';
import { Worker, type ActivityInterceptorsFactory, type NativeConnection } from '@temporalio/worker';
import { createAuditActivities } from '../../activities/audit.ts';
import { createBackendActivities } from '../../activities/backends.ts';
import { createConnectionActivities } from '../../activities/connection.ts';
import { withFailures } from '../../activities/failures.ts';
import { createGroupActivities } from '../../activities/groups.ts';
import { createManagedActivities } from '../../activities/managed.ts';
import { createMoveActivities } from '../../activities/moves.ts';
import { createOperationActivities, type StepPolicy } from '../../activities/operation.ts';
import { createPlacementActivities } from '../../activities/placement.ts';
import { createStateCheckActivities } from '../../activities/state-check.ts';
import { createSupersededActivities } from '../../activities/superseded.ts';
import type { Logger } from 'pino';
import type { ScheduleOptions } from '../../domain/scheduler/schedule.ts';
import { controlQueue } from '../../domain/task-queues.ts';
import type { PrismaClient } from '../../prisma/generated/client.ts';
import { noteService } from '../../prisma/store/services/services.ts';
import { keepAuditSchedule } from './audit-schedule.ts';
import { runWorker, type RunningWorker } from './run-worker.ts';
import { adoptFirstVersion, deploymentOptions, type DeploymentVersion } from './worker-deployment.ts';
import { workflowBundle } from './workflow-bundle.ts';

export interface ControlRoleDeps {
  readonly db: PrismaClient;
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly policy: StepPolicy;
  readonly serviceDownTimeS: number;
  readonly scheduler: ScheduleOptions;
  /** Limits of projects that have none of their own: what is taken over uses quota, too. */
  readonly quotaDefaults: Readonly<Record<string, number>>;
  readonly log: Logger;
  /** Cinder's `host`, zone and `report_interval`: a control worker reports as a scheduler. */
  readonly host: string;
  readonly availabilityZone: string;
  readonly reportIntervalMs: number;
  /** Where bundled workflows are kept. */
  readonly cacheDir: string;
  /** Null or left out = not versioned. */
  readonly version?: DeploymentVersion | null;
  /** Wrapped around every step; tests count, repeat and break steps with it. */
  readonly interceptors?: readonly ActivityInterceptorsFactory[];
}

/** Every activity a control worker offers, for production and for tests that wrap them. */
export function controlActivities(
  deps: Pick<
    ControlRoleDeps,
    'db' | 'connection' | 'namespace' | 'policy' | 'serviceDownTimeS' | 'scheduler' | 'quotaDefaults'
  >,
) {
  const { db, policy, serviceDownTimeS, scheduler } = deps;
  const client = new Client({ connection: deps.connection, namespace: deps.namespace });
  const placement = createPlacementActivities(db, { serviceDownTimeS, scheduler });
  const { scheduleCreateVolume } = placement;
  return withFailures({
    ...createOperationActivities(db, { policy, serviceDownTimeS, scheduleCreateVolume }),
    ...placement,
    ...createMoveActivities(db, { serviceDownTimeS, scheduler }),
    ...createBackendActivities(db),
    ...createStateCheckActivities(db, serviceDownTimeS),
    ...createGroupActivities(db, { serviceDownTimeS, scheduler }),
    ...createManagedActivities(db, deps.quotaDefaults),
    ...createConnectionActivities(db, serviceDownTimeS),
    ...createSupersededActivities(db, client.workflow),
    ...createAuditActivities(db, serviceDownTimeS),
  });
}

/** Starts the control worker; answers once it polls. */
export async function startControlRole(deps: ControlRoleDeps): Promise<RunningWorker> {
  const worker = await Worker.create({
    connection: deps.connection,
    namespace: deps.namespace,
    taskQueue: controlQueue,
    workflowBundle: await workflowBundle(deps.cacheDir),
    activities: controlActivities(deps),
    interceptors: { activity: [...(deps.interceptors ?? [])] },
    maxConcurrentWorkflowTaskExecutions: 40,
    maxCachedWorkflows: 1000,
    shutdownGraceTime: '5 s',
    ...(deps.version ? { workerDeploymentOptions: deploymentOptions(deps.version) } : {}),
  });
  keepAuditSchedule(new Client({ connection: deps.connection, namespace: deps.namespace })).catch((error: unknown) =>
    deps.log.warn({ err: error }, 'no audits by themselves until a control worker is started again'),
  );
  const running = runWorker(worker);
  const adopting = adoptVersion(deps);
  const reporting = reportScheduler(deps);
  return {
    ended: running.ended,
    async stop() {
      reporting.stop();
      adopting.stop();
      await running.stop();
    },
  };
}

/** Says which version this worker is, and makes it the current one where there is none yet. */
function adoptVersion({ connection, namespace, version, log }: ControlRoleDeps): { stop(): void } {
  const stopping = new AbortController();
  if (version) {
    log.info(version, 'this control worker is versioned');
    adoptFirstVersion(connection, namespace, version, stopping.signal).catch((error: unknown) =>
      log.warn({ err: error }, 'no version is current: run `scoria deployment promote`'),
    );
  }
  return { stop: () => stopping.abort() };
}

/** `service list` shows the scheduler: every control worker is one. */
function reportScheduler({ db, host, availabilityZone, reportIntervalMs, log }: ControlRoleDeps): { stop(): void } {
  const report = (): void => {
    noteService(db, 'cinder-scheduler', host, availabilityZone).then(
      (logLevel) => {
        if (logLevel !== null) log.level = logLevel;
      },
      (error: unknown) => log.warn({ err: error }, 'could not report; trying again at the next interval'),
    );
  };
  report();
  const timer = setInterval(report, reportIntervalMs);
  return { stop: () => clearInterval(timer) };
}
