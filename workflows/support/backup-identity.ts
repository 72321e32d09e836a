// What names a backup's objects, from the facts of its row.
import type { BackupIdentity } from '../../activities/backup.ts';
import type { ClaimAnswer } from '../../activities/operation.ts';

type BackupFacts = Extract<ClaimAnswer, { verdict: 'granted' }>['facts']['backups'][string];

export function backupIdentity(facts: BackupFacts): BackupIdentity {
  const { id, volumeId, container, objectPrefix, availabilityZone, createdAt, name, description } = facts;
  return { id, volumeId, container, objectPrefix, availabilityZone, createdAt, name, description };
}
