// Control steps as a workflow calls them: local activities first (no hop), the same step as an ordinary one after that.
import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { BackendActivities } from '../../activities/backends.ts';
import type { ConnectionActivities } from '../../activities/connection.ts';
import type { GroupActivities } from '../../activities/groups.ts';
import type { ManagedActivities } from '../../activities/managed.ts';
import type { MoveActivities } from '../../activities/moves.ts';
import type { OperationActivities } from '../../activities/operation.ts';
import type { PlacementActivities } from '../../activities/placement.ts';
import { isStorageErrorCode, storageErrorTable } from '../../domain/storage-errors.ts';
import { controlQueue } from '../../domain/task-queues.ts';

export type ControlActivities = OperationActivities &
  PlacementActivities &
  ConnectionActivities &
  MoveActivities &
  ManagedActivities &
  GroupActivities &
  BackendActivities;

// An endlessly retried local activity is invisible and fills the history: 3 tries in 5 s, no more.
const local = proxyLocalActivities<ControlActivities>({
  startToCloseTimeout: '5 s',
  scheduleToCloseTimeout: '5 s',
  retry: { maximumAttempts: 3, initialInterval: '200 ms' },
});

// With PostgreSQL down this waits for as long as it takes, and the pending activity shows the error.
const remote = proxyActivities<ControlActivities>({
  taskQueue: controlQueue,
  startToCloseTimeout: '30 s',
  retry: { initialInterval: '500 ms', maximumInterval: '10 s' },
});

/** True for a failure that the step itself declared final, and for a cancellation: another try would not help. */
function isFinal(error: unknown): boolean {
  if (isCancellation(error)) return true;
  // A local activity's failure comes without the retry flag, so its code decides.
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return (
    cause instanceof ApplicationFailure && isStorageErrorCode(cause.type) && storageErrorTable[cause.type] !== 'passing'
  );
}

function step<Name extends keyof ControlActivities>(name: Name): ControlActivities[Name] {
  const call = async (...args: unknown[]): Promise<unknown> => {
    try {
      return await (local[name] as (...all: unknown[]) => Promise<unknown>)(...args);
    } catch (error) {
      if (isFinal(error)) throw error;
      return (remote[name] as (...all: unknown[]) => Promise<unknown>)(...args);
    }
  };
  return call as ControlActivities[Name];
}

export const control: ControlActivities = {
  claimOperation: step('claimOperation'),
  adoptPaused: step('adoptPaused'),
  passPointOfNoReturn: step('passPointOfNoReturn'),
  pauseOperation: step('pauseOperation'),
  endOperation: step('endOperation'),
  hostStatus: step('hostStatus'),
  scheduleCreateVolume: step('scheduleCreateVolume'),
  reserveGrowth: step('reserveGrowth'),
  recordConnection: step('recordConnection'),
  othersUseExport: step('othersUseExport'),
  chooseBackupHost: step('chooseBackupHost'),
  attachedInstances: step('attachedInstances'),
  describeVolume: step('describeVolume'),
  planMigration: step('planMigration'),
  planRetype: step('planRetype'),
  moveState: step('moveState'),
  recordMove: step('recordMove'),
  recordSourceRemoved: step('recordSourceRemoved'),
  recordManaged: step('recordManaged'),
  placeGroup: step('placeGroup'),
  lookAtBackends: step('lookAtBackends'),
};
