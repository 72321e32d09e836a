// What the scheduler has to know about a group, and writing down where it goes.
import type { RequestSpec } from '../../../domain/scheduler/spec.ts';
import type { PrismaClient } from '../../generated/client.ts';
import { holdClaim, type ClaimPair } from '../operations/fence.ts';

export interface GroupSpecs {
  /** Where it is already. */
  readonly host: string | null;
  /** One for each of its volume types; they ask for no space yet. */
  readonly specs: readonly RequestSpec[];
}

export async function readGroupSpecs(db: PrismaClient, groupId: string): Promise<GroupSpecs> {
  const group = await db.volumeGroup.findUniqueOrThrow({ where: { id: groupId } });
  const types = await db.volumeType.findMany({ where: { id: { in: group.volumeTypeIds as string[] } } });
  const specs = types.map((type) => {
    const extraSpecs = type.extraSpecs as Record<string, string>;
    return {
      volumeId: groupId,
      sizeGib: 0,
      availabilityZone: group.availabilityZone,
      extraSpecs,
      volumeTypeName: type.name,
      multiattach: extraSpecs['multiattach'] === '<is> True',
      schedulerHints: {},
      pinnedHost: null,
      hintHosts: {},
      excludedPools: [],
    };
  });
  return { host: group.host, specs };
}

/** Throws StaleClaimError. */
export async function placeGroup(db: PrismaClient, claim: ClaimPair, groupId: string, pool: string): Promise<void> {
  await db.$transaction(async (tx) => {
    await holdClaim(tx, claim);
    await tx.volumeGroup.update({ where: { id: groupId }, data: { host: pool } });
  });
}
