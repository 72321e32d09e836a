// backupDelete: ends what was paused on the backup, then removes its objects on the host that wrote them.
import { backupIdentity } from './support/backup-identity.ts';
import { operationWorkflow } from './support/operation.ts';
import { closeSuperseded } from './support/superseded.ts';

export const backupDelete = operationWorkflow('backupDelete', async (run) => {
  const { supersedes = [] } = run.input<{ supersedes?: readonly string[] }>();
  await closeSuperseded(run, supersedes);
  const [facts] = Object.values(run.granted.facts.backups);
  if (!facts?.host) return {};
  await run.passPointOfNoReturn();
  if (facts.objectsShared) return {};
  await run.onBackupHost(facts.host, "Remove the backup's objects", (on) =>
    on.removeBackup({ claim: run.claim, backup: backupIdentity(facts) }),
  );
  return {};
});
