// The control step that chooses where a group's volumes go.
import { explainRejections } from '../domain/scheduler/explain.ts';
import { rankPools } from '../domain/scheduler/schedule.ts';
import { StorageError } from '../domain/storage-errors.ts';
import type { PrismaClient } from '../prisma/generated/client.ts';
import { placeGroup, readGroupSpecs } from '../prisma/store/groups/placement.ts';
import type { ClaimPair } from '../prisma/store/operations/fence.ts';
import { readPools } from '../prisma/store/capacity/placement.ts';
import { fenced } from './fenced.ts';
import { refuseWhilePaused, type PlacementSettings } from './placement.ts';

export interface GroupActivities {
  /** Answers host@backend#pool, once. Throws NoValidBackend when no pool satisfies all of the group's types. */
  placeGroup(request: { readonly claim: ClaimPair; readonly groupId: string }): Promise<string>;
}

/** The control worker's step of groups on a database. */
export function createGroupActivities(db: PrismaClient, settings: PlacementSettings): GroupActivities {
  return {
    async placeGroup({ claim, groupId }) {
      const { host, specs } = await readGroupSpecs(db, groupId);
      if (host !== null) return host;
      let pools = await readPools(db, settings.serviceDownTimeS);
      for (const spec of specs) {
        const { ranked, rejected } = rankPools(spec, pools, settings.scheduler);
        if (ranked.length === 0) {
          refuseWhilePaused(pools, (open) => rankPools(spec, open, settings.scheduler).ranked);
          const why =
            rejected.length > 0 ? explainRejections(spec, rejected) : 'no back-end satisfies all of its types';
          throw new StorageError('NoValidBackend', `No valid host was found for the group. ${why}`);
        }
        // Best first, for the next type to choose among.
        pools = ranked.flatMap(({ poolId }) => pools.find(({ id }) => id === poolId) ?? []);
      }
      const chosen = pools[0];
      if (!chosen) throw new StorageError('NoValidBackend', 'No valid host was found: no back-end has reported yet');
      await fenced(() => placeGroup(db, claim, groupId, chosen.id));
      return chosen.id;
    },
  };
}
