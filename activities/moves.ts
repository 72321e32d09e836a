// Control steps of migrations and retypes: where the volume goes, and the switch to its new place.
import { asksForThick } from '../domain/scheduler/capacity.ts';
import { explainRejections } from '../domain/scheduler/explain.ts';
import { rankPools } from '../domain/scheduler/schedule.ts';
import type { PoolState } from '../domain/scheduler/spec.ts';
import { StorageError } from '../domain/storage-errors.ts';
import type { PrismaClient } from '../prisma/generated/client.ts';
import {
  allocateCopy,
  noteMigrating,
  readMoveSpec,
  readMoveState,
  recordMove,
  recordSourceRemoved,
  type MoveRecord,
  type MoveSpec,
  type MoveState,
} from '../prisma/store/volumes/moves.ts';
import type { ClaimPair } from '../prisma/store/operations/fence.ts';
import { currentPlacement, readPools } from '../prisma/store/capacity/placement.ts';
import { fenced } from './fenced.ts';
import { refuseWhilePaused, type PlacementSettings } from './placement.ts';

export interface MigrationWish {
  readonly claim: ClaimPair;
  readonly volumeId: string;
  /** host@backend#pool or host@backend. */
  readonly host: string;
}

export interface RetypeWish {
  readonly claim: ClaimPair;
  readonly volumeId: string;
  readonly newTypeId: string;
  /** Cinder's `migration_policy`. */
  readonly migrationPolicy: 'never' | 'on-demand';
}

export interface MoveActivities {
  /** Answers the destination, with the space for the copy promised. Throws NoValidBackend. */
  planMigration(wish: MigrationWish): Promise<string>;
  /** Null when the volume can have the type where it is. Throws NoValidBackend. */
  planRetype(wish: RetypeWish): Promise<string | null>;
  moveState(operationId: string): Promise<MoveState>;
  recordMove(record: MoveRecord): Promise<void>;
  recordSourceRemoved(claim: ClaimPair): Promise<void>;
}

/** The control worker's steps of moves on a database. */
export function createMoveActivities(db: PrismaClient, settings: PlacementSettings): MoveActivities {
  return {
    async planMigration({ claim, volumeId, host }) {
      const before = await decidedBefore(db, claim);
      if (before !== null) return before;
      await fenced(() => noteMigrating(db, claim, volumeId));
      const move = await readMoveSpec(db, volumeId, null);
      // A migration may leave the zone: the administrator named the host.
      const spec = { ...move.spec, pinnedHost: host, availabilityZone: null };
      return placeCopy(db, settings, claim, { ...move, spec });
    },
    async planRetype({ claim, volumeId, newTypeId, migrationPolicy }) {
      const before = await decidedBefore(db, claim);
      if (before !== null) return before;
      const move = await readMoveSpec(db, volumeId, newTypeId);
      if (await fitsWhereItIs(db, settings, move)) return null;
      if (migrationPolicy === 'never') {
        throw new StorageError('NoValidBackend', 'The new type needs another back-end, and migration_policy is never');
      }
      if (move.hasSnapshots) {
        throw new StorageError('NoValidBackend', 'The new type needs another back-end, and the volume has snapshots');
      }
      if (move.inUse) {
        throw new StorageError('NoValidBackend', 'The new type needs another back-end, and the volume is attached');
      }
      const pool = await placeCopy(db, settings, claim, move);
      await fenced(() => noteMigrating(db, claim, volumeId));
      return pool;
    },
    moveState: (operationId) => readMoveState(db, operationId),
    recordMove: (record) => fenced(() => recordMove(db, record)),
    recordSourceRemoved: (claim) => fenced(() => recordSourceRemoved(db, claim)),
  };
}

/** A repeat goes where the first attempt was going: the copy may be there. */
async function decidedBefore(db: PrismaClient, { operationId }: ClaimPair): Promise<string | null> {
  const { moved } = await readMoveState(db, operationId);
  return moved?.to ?? currentPlacement(db, operationId);
}

/** Whether the volume's own pool satisfies the type; no new space is asked of it. */
async function fitsWhereItIs(db: PrismaClient, settings: PlacementSettings, move: MoveSpec): Promise<boolean> {
  const own = (await readPools(db, settings.serviceDownTimeS)).filter(({ id }) => id === move.pool);
  // Whether its service is up, disabled or frozen matters to new volumes only.
  const asIs: PoolState[] = own.map((pool) => ({
    ...pool,
    serviceUp: true,
    serviceDisabled: false,
    frozen: false,
    pausedBecause: null,
  }));
  return rankPools({ ...move.spec, sizeGib: 0 }, asIs, settings.scheduler).ranked.length > 0;
}

async function placeCopy(
  db: PrismaClient,
  settings: PlacementSettings,
  claim: ClaimPair,
  { spec, pool }: MoveSpec,
): Promise<string> {
  const others = (await readPools(db, settings.serviceDownTimeS)).filter(({ id }) => id !== pool);
  const { ranked, rejected } = rankPools(spec, others, settings.scheduler);
  if (ranked.length === 0) refuseWhilePaused(others, (open) => rankPools(spec, open, settings.scheduler).ranked);
  const thick = asksForThick(spec);
  for (const { poolId } of ranked) {
    if (await fenced(() => allocateCopy(db, claim, { poolId, sizeGib: spec.sizeGib, thick }))) return poolId;
  }
  const why = rejected.length > 0 ? explainRejections(spec, rejected) : 'there is no other back-end';
  throw new StorageError('NoValidBackend', `No valid host was found. ${why}`);
}
