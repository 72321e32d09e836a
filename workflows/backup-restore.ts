// backupRestore: make the volume if it is a new one, then write the backup's bytes into it.
import type { BackupIdentity } from '../activities/backup.ts';
import type { OpenDataRequest } from '../activities/target.ts';
import { backupIdentity } from './support/backup-identity.ts';
import { closeData, placedHost } from './support/connection.ts';
import { operationWorkflow } from './support/operation.ts';
import type { OperationRun } from './support/run.ts';
import { placeAndCreate } from './volume-create.ts';

interface BackupRestoreInput {
  readonly backupId: string;
  readonly volumeId: string;
  readonly newVolume: boolean;
}

export const backupRestore = operationWorkflow('backupRestore', async (run) => {
  const { backupId, volumeId, newVolume } = run.input<BackupRestoreInput>();
  const facts = run.backup(backupId);
  if (facts.host === null) throw new Error(`backup ${backupId} is on no host`);
  const backupHost = facts.host;
  const host = newVolume ? await placeAndCreate(run, volumeId, { kind: 'blank' }) : placedHost(run, volumeId);
  const open: OpenDataRequest = { claim: run.claim, volumeId, snapshot: null, readerHost: backupHost };
  run.undo('close the volume', () => closeData(run, host, open));
  const data = await run.onVolumeHost(host, 'Open the volume', (on) => on.openData(open));
  await run.passPointOfNoReturn();
  const { sizeGib } = run.volume(volumeId);
  const backup = backupIdentity(facts);
  // A repeat writes the same bytes to the same places, so a new volume's zeros stay zeros.
  const targetIsBlank = newVolume && data.newVolumesReadZero;
  const restored = await run.onBackupHost(backupHost, `Restore ${facts.sizeGib} GiB`, (on) =>
    on.restoreBackup({
      claim: run.claim,
      backup,
      ancestors: ancestorsOf(run, facts.parentId),
      data,
      volumeId,
      sizeGib,
      targetIsBlank,
    }),
  );
  await closeData(run, host, open);
  return { volumeId, metadata: restored.metadata, base: restored.volumeMeta?.base ?? null };
});

/** Parent, its parent, and so on: the operation reads all of them. */
function ancestorsOf(run: OperationRun, parentId: string | null): BackupIdentity[] {
  const ancestors: BackupIdentity[] = [];
  for (let next = parentId; next !== null;) {
    const facts = run.backup(next);
    ancestors.push(backupIdentity(facts));
    next = facts.parentId;
  }
  return ancestors;
}
