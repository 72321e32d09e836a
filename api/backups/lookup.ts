// Finds the backup that a request names, among those that its caller may see.
import { findBackup, type BackupRow } from '../../prisma/store/backups/backups.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import type { Policy } from '../http/policy.ts';
import { visibleTo } from '../lists/list.ts';

export const backupNotFound = (id: string): ApiError => new ApiError('BackupNotFound', { backup_id: id });

/** Throws BackupNotFound; another project's backup is not found either. */
export async function mustFindBackup(context: RequestContext, id: string, policy: Policy): Promise<BackupRow> {
  const backup = await findBackup(context.db, id, visibleTo(context));
  if (!backup) throw backupNotFound(id);
  context.authorize(policy, backup);
  return backup;
}
