// Deleting a backup, also by force; never one that incremental backups build on.
import { operationTable } from '../../domain/operations.ts';
import type { BackupRow } from '../../prisma/store/backups/backups.ts';
import { forceInto } from '../../prisma/store/operations/forced-status.ts';
import { lockForBackupDelete } from '../../prisma/store/backups/new-backup.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { submitOperation } from '../operations/submit.ts';

const deletable = operationTable.backupDelete.claims[0].from;

/** Accepts the delete. With `force` the status does not matter. Throws InvalidBackup, BackupNotFound. */
export async function deleteBackup(
  context: RequestContext,
  backup: BackupRow,
  { force }: { readonly force: boolean },
): Promise<void> {
  const { id, projectId } = backup;
  await submitOperation(
    context,
    {
      kind: 'backupDelete',
      resourceId: id,
      projectId,
      input: { backupId: id },
      claims: [{ resource: 'backup', id }],
      within: async (tx) => {
        if (force) await forceInto(tx, { resource: 'backup', id, status: 'error', actor: context.userId }, deletable);
        const { hasDependents } = await lockForBackupDelete(tx, id);
        if (hasDependents)
          throw new ApiError('InvalidBackup', { reason: 'Incremental backups exist for this backup.' });
      },
    },
    () => {
      return new ApiError('InvalidBackup', { reason: 'Backup status must be available or error' });
    },
  );
}
