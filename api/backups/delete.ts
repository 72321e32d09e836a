// Deleting a backup, also by force; never one that incremental backups build on.
import { operationTable } from '../../domain/operations.ts';
import { StatusConflictError } from '../../prisma/store/operations/accept-types.ts';
import type { BackupRow } from '../../prisma/store/backups/backups.ts';
import { forceInto } from '../../prisma/store/operations/forced-status.ts';
import { lockForBackupDelete } from '../../prisma/store/backups/new-backup.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';

const deletable = operationTable.backupDelete.claims[0].from;

/** Accepts the delete. With `force` the status does not matter. Throws InvalidBackup, BackupNotFound. */
export async function deleteBackup(
  context: RequestContext,
  backup: BackupRow,
  { force }: { readonly force: boolean },
): Promise<void> {
  const { id, projectId } = backup;
  try {
    await context.operations.submit({
      kind: 'backupDelete',
      operationId: context.operationId,
      resourceId: id,
      projectId,
      userId: context.userId,
      requestId: context.requestId,
      input: { backupId: id },
      claims: [{ resource: 'backup', id }],
      reads: [],
      quota: [],
      within: async (tx) => {
        if (force) await forceInto(tx, { resource: 'backup', id, status: 'error', actor: context.userId }, deletable);
        const { hasDependents } = await lockForBackupDelete(tx, id);
        if (hasDependents)
          throw new ApiError('InvalidBackup', { reason: 'Incremental backups exist for this backup.' });
      },
    });
  } catch (error) {
    if (!(error instanceof StatusConflictError) || error.status === null) throw error;
    throw new ApiError('InvalidBackup', { reason: 'Backup status must be available or error' });
  }
}
