// The control step that writes down what was taken over.
import { StorageError } from '../domain/storage-errors.ts';
import type { PrismaClient } from '../prisma/generated/client.ts';
import { QuotaExceededError } from '../prisma/store/operations/accept-types.ts';
import { recordManaged, type ManagedVolume } from '../prisma/store/volumes/managed.ts';
import { fenced } from './fenced.ts';

export interface ManagedActivities {
  /** Answers host@backend#pool. Throws OverQuota, NoValidBackend. */
  recordManaged(managed: ManagedVolume): Promise<string>;
}

/** The control worker's step of managing on a database. */
export function createManagedActivities(
  db: PrismaClient,
  quotaDefaults: Readonly<Record<string, number>>,
): ManagedActivities {
  return {
    async recordManaged(managed) {
      try {
        const pool = await fenced(() => recordManaged(db, managed, quotaDefaults));
        if (pool !== null) return pool;
      } catch (error) {
        if (!(error instanceof QuotaExceededError)) throw error;
        const { resource, requested, inUse, limit } = error;
        const figures = `${requested} more with ${inUse} of ${limit} used`;
        throw new StorageError('OverQuota', `The quota ${resource} does not allow ${figures}`);
      }
      throw new StorageError('NoValidBackend', `${managed.host} has not reported a pool`);
    },
  };
}
