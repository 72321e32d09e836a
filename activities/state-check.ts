// Control step of a look at one resource: what its rows say.
import type { StateFacts, StateSubject } from '../domain/state-check.ts';
import type { PrismaClient } from '../prisma/generated/client.ts';
import { readFacts, type BackupFacts } from '../prisma/store/operations/facts.ts';
import { readStateFacts } from '../prisma/store/states/facts.ts';

export interface StateCheckActivities {
  /** Null when there is no such live row. */
  readState(subject: StateSubject): Promise<{ readonly facts: StateFacts; readonly backup: BackupFacts | null } | null>;
}

/** The control worker's step on a database. */
export function createStateCheckActivities(db: PrismaClient, serviceDownTimeS: number): StateCheckActivities {
  return {
    async readState(subject) {
      const facts = await readStateFacts(db, subject, serviceDownTimeS);
      if (!facts) return null;
      const use = { resourceType: subject.resource, resourceId: subject.id, previousStatus: null };
      const { backups } = subject.resource === 'backup' ? (await readFacts(db, [use])).facts : { backups: {} };
      return { facts, backup: (backups as Record<string, BackupFacts>)[subject.id] ?? null };
    },
  };
}
