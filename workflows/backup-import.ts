// backupImport: find the host whose store holds the objects, and look whether they are there.
import { backupIdentity } from './support/backup-identity.ts';
import { control } from './support/control.ts';
import { operationWorkflow } from './support/operation.ts';

interface BackupImportInput {
  readonly backupId: string;
  /** Where the record says that it was made. */
  readonly preferredHost: string;
}

export const backupImport = operationWorkflow('backupImport', async (run) => {
  const { backupId, preferredHost } = run.input<BackupImportInput>();
  run.show('Choosing a backup host');
  const host = await control.chooseBackupHost(run.claim, backupId, preferredHost);
  const backup = backupIdentity(run.backup(backupId));
  const { service } = await run.onBackupHost(host, 'Look for the objects', (on) =>
    on.verifyBackup({ claim: run.claim, backup }),
  );
  return { service };
});
