// A volume on its way to another pool: the one transaction in which the new place becomes its place, and what follows.
import type { RequestSpec } from '../../../domain/scheduler/spec.ts';
import type { Prisma } from '../../generated/client.ts';
import { type PrismaClient } from '../../generated/client.ts';
import { holdClaim, type ClaimPair } from '../operations/fence.ts';
import { allocate, release, type Allocation } from '../capacity/pool-allocation.ts';
import { readWish } from '../capacity/placement.ts';

/** Where a move stands. While `moved` is null, the volume is where it always was. */
export interface MoveState {
  /** Both host@backend#pool. */
  readonly moved: { readonly from: string; readonly to: string } | null;
  /** True once the old storage is gone: from then on nothing is removed by the volume's own name. */
  readonly sourceRemoved: boolean;
}

export interface MoveRecord {
  readonly claim: ClaimPair;
  readonly volumeId: string;
  /** host@backend#pool that now holds its bytes. */
  readonly pool: string;
  /** The type that it has there; null leaves it as it is. */
  readonly newTypeId: string | null;
}

const nowhere: MoveState = { moved: null, sourceRemoved: false };

export async function readMoveState(db: Prisma.TransactionClient, operationId: string): Promise<MoveState> {
  const { checkpoint } = await db.operation.findUniqueOrThrow({
    where: { id: operationId },
    select: { checkpoint: true },
  });
  return { ...nowhere, ...(checkpoint as Partial<MoveState> | null) };
}

export async function hasMoved(tx: Prisma.TransactionClient, operationId: string): Promise<boolean> {
  return (await readMoveState(tx, operationId)).moved !== null;
}

/**
 * Makes the new pool the volume's: host, zone, type, promise of space and the checkpoint, all or nothing; a repeat
 * changes nothing. Throws StaleClaimError.
 */
export async function recordMove(db: PrismaClient, { claim, volumeId, pool, newTypeId }: MoveRecord): Promise<void> {
  await db.$transaction(async (tx) => {
    await holdClaim(tx, claim);
    if (await hasMoved(tx, claim.operationId)) return;
    const { host: from } = await tx.volume.findUniqueOrThrow({ where: { id: volumeId } });
    if (from === null) throw new Error(`volume ${volumeId} is on no back-end`);
    const service = await tx.service.findFirst({ where: { binary: 'cinder-volume', host: pool.split('#')[0] ?? '' } });
    await tx.volume.update({
      where: { id: volumeId },
      data: { host: pool, ...(service ? { availabilityZone: service.availabilityZone } : {}) },
    });
    if (newTypeId !== null) await setType(tx, volumeId, newTypeId);
    await release(tx, volumeId);
    await tx.poolAllocation.updateMany({ where: { resourceId: claim.operationId }, data: { resourceId: volumeId } });
    await writeState(tx, claim.operationId, { moved: { from, to: pool }, sourceRemoved: false });
  });
}

/** Notes that the old storage is gone. Throws StaleClaimError. */
export async function recordSourceRemoved(db: PrismaClient, claim: ClaimPair): Promise<void> {
  await db.$transaction(async (tx) => {
    await holdClaim(tx, claim);
    const { moved } = await readMoveState(tx, claim.operationId);
    await writeState(tx, claim.operationId, { moved, sourceRemoved: true });
  });
}

async function writeState(tx: Prisma.TransactionClient, operationId: string, state: MoveState): Promise<void> {
  const checkpoint = { ...state } as Prisma.InputJsonObject;
  await tx.operation.update({ where: { id: operationId }, data: { checkpoint } });
}

/** Gives the volume a type and what follows from it. */
export async function setType(tx: Prisma.TransactionClient, volumeId: string, typeId: string): Promise<void> {
  const type = await tx.volumeType.findUniqueOrThrow({ where: { id: typeId } });
  const multiattach = (type.extraSpecs as Record<string, unknown>)['multiattach'] === '<is> True';
  await tx.volume.update({ where: { id: volumeId }, data: { volumeTypeId: typeId, multiattach } });
}

/** Promises space to the copy that the operation makes: the allocation bears the operation's id until the switch. */
export async function allocateCopy(db: PrismaClient, claim: ClaimPair, wanted: Omit<Allocation, 'resourceId'>) {
  return db.$transaction(async (tx) => {
    await holdClaim(tx, claim);
    return allocate(tx, { ...wanted, resourceId: claim.operationId });
  });
}

export async function noteMigrating(db: PrismaClient, claim: ClaimPair, volumeId: string): Promise<void> {
  await db.$transaction(async (tx) => {
    await holdClaim(tx, claim);
    await tx.volume.update({ where: { id: volumeId }, data: { migrationStatus: 'migrating' } });
  });
}

export interface MoveSpec {
  readonly spec: RequestSpec;
  /** Where it is. */
  readonly pool: string;
  readonly hasSnapshots: boolean;
  readonly inUse: boolean;
}

/** What the scheduler has to know to find a volume another place, as it is or with another type. */
export async function readMoveSpec(db: PrismaClient, volumeId: string, newTypeId: string | null): Promise<MoveSpec> {
  const before = (await readWish(db, volumeId)).spec;
  const volume = await db.volume.findUniqueOrThrow({ where: { id: volumeId } });
  if (volume.host === null) throw new Error(`volume ${volumeId} is on no back-end`);
  const type = newTypeId === null ? null : await db.volumeType.findUniqueOrThrow({ where: { id: newTypeId } });
  const extraSpecs = (type?.extraSpecs ?? before.extraSpecs) as Record<string, string>;
  return {
    spec: {
      ...before,
      extraSpecs,
      volumeTypeName: type?.name ?? before.volumeTypeName,
      multiattach: type ? extraSpecs['multiattach'] === '<is> True' : before.multiattach,
      // Hints were for its creation; and a copy may leave what it was made from.
      schedulerHints: {},
      pinnedHost: null,
    },
    pool: volume.host,
    hasSnapshots: (await db.snapshot.count({ where: { volumeId, deletedAt: null } })) > 0,
    inUse: volume.attachStatus === 'attached',
  };
}
