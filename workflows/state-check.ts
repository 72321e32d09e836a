// stateCheck: looks at one volume, snapshot or backup where it is, and judges what state its row should be in.
import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { BackupActivities } from '../activities/backup.ts';
import type { StateCheckActivities } from '../activities/state-check.ts';
import type { SurveyActivities } from '../activities/survey.ts';
import {
  judgeState,
  type StateFacts,
  type StateSubject,
  type StateVerdict,
  type StorageFinding,
} from '../domain/state-check.ts';
import { backupQueue, controlQueue, volumeQueue } from '../domain/task-queues.ts';
import { backupIdentity } from './support/backup-identity.ts';
import { readFailure } from './support/failures.ts';

type Read = NonNullable<Awaited<ReturnType<StateCheckActivities['readState']>>>;

export interface StateCheck extends StateVerdict {
  readonly facts: StateFacts;
}

const rows = proxyActivities<StateCheckActivities>({
  taskQueue: controlQueue,
  startToCloseTimeout: '30 s',
  retry: { maximumAttempts: 5 },
});

const onHost = (taskQueue: string) =>
  ({ taskQueue, scheduleToStartTimeout: '10 s', startToCloseTimeout: '30 s', retry: { maximumAttempts: 2 } }) as const;

/** Null when there is no such live row. Changes nothing. */
export async function stateCheck(subject: StateSubject): Promise<StateCheck | null> {
  const read = await rows.readState(subject);
  if (read === null) return null;
  const verdict = judgeState(read.facts, await look(read));
  setCurrentDetails([...verdict.found, verdict.because].join('\n\n'));
  return { facts: read.facts, ...verdict };
}

async function look({ facts, backup }: Read): Promise<StorageFinding> {
  const { resource, id, place } = facts;
  const nothing = { there: false, sizeGib: null, exported: false };
  if (place === null) return nothing;
  try {
    if (resource === 'backup') {
      const { hasBackup } = proxyActivities<BackupActivities>(onHost(backupQueue(place)));
      return backup === null ? nothing : { ...nothing, there: await hasBackup(backupIdentity(backup)) };
    }
    return await proxyActivities<SurveyActivities>(onHost(volumeQueue(place))).inspect({ kind: resource, id });
  } catch (error) {
    return { error: readFailure(error).message };
  }
}
