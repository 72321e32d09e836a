// The backup role: the steps of the backup service on `backup/<host>`.
import { createBackupActivities, type BackupDeps } from '../../activities/backup.ts';
import { backupQueue } from '../../domain/task-queues.ts';
import { startHostWorker, startReporting, type HostRoleDeps } from './host-worker.ts';
import type { RunningWorker } from './run-worker.ts';

export type BackupRoleDeps = HostRoleDeps & BackupDeps;

/** Starts the backup worker of this host. */
export async function startBackupRole(deps: BackupRoleDeps): Promise<RunningWorker> {
  const worker = await startHostWorker(deps, backupQueue(deps.host), createBackupActivities(deps), 4);
  const { host, availabilityZone } = deps;
  const reporting = await startReporting(deps, () =>
    Promise.resolve({ binary: 'cinder-backup' as const, host, availabilityZone }),
  );
  deps.log.info({ host }, 'backup worker is up');
  return {
    ended: worker.ended,
    async stop() {
      reporting.stop();
      await worker.stop();
    },
  };
}
