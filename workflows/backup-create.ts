// backupCreate: freeze the bytes (a temporary snapshot when the volume is in use), write them as objects, let go.
import type { OpenDataRequest } from '../activities/target.ts';
import { backupIdentity } from './support/backup-identity.ts';
import { closeData, placedHost } from './support/connection.ts';
import { control } from './support/control.ts';
import { freeze } from './support/freeze.ts';
import { operationWorkflow } from './support/operation.ts';
import { hostNameOf } from './support/run.ts';

interface BackupCreateInput {
  readonly backupId: string;
  /** The backup that an incremental one builds on. */
  readonly parentId?: string | null;
  readonly volumeId: string;
  readonly snapshotId: string | null;
}

export const backupCreate = operationWorkflow('backupCreate', async (run) => {
  const { backupId, volumeId, snapshotId, parentId = null } = run.input<BackupCreateInput>();
  const facts = run.backup(backupId);
  const parent = parentId === null ? null : backupIdentity(run.backup(parentId));
  const host = placedHost(run, volumeId);
  run.show('Choosing a backup host');
  const backupHost = await control.chooseBackupHost(run.claim, facts.id, hostNameOf(host));
  const described = await control.describeVolume(volumeId);
  const frozen = await freeze(run, { volumeId, snapshotId, host, temporaryId: facts.id });
  const open: OpenDataRequest = { claim: run.claim, volumeId, snapshot: frozen.snapshot, readerHost: backupHost };
  run.undo('close the data', () => closeData(run, host, open));
  const data = await run.onVolumeHost(host, 'Open the data', (on) => on.openData(open));
  const backup = backupIdentity(facts);
  run.undo("remove the backup's objects", () =>
    run.onBackupHost(backupHost, 'Remove the objects', (on) => on.removeBackup({ claim: run.claim, backup })),
  );
  const { sizeGib } = facts;
  const written = await run.onBackupHost(backupHost, `Back up ${sizeGib} GiB`, (on) =>
    on.writeBackup({ claim: run.claim, backup, parent, data, sizeGib, ...described }),
  );
  await closeData(run, host, open);
  await frozen.thaw();
  const { objectCount, container, service } = written;
  return { objectCount, container, service };
});
