// Before an audit mends something: is it provably ours, and idle, still? And counters, corrected by their difference.
import type { AuditDifference } from '../../../domain/audit-classes.ts';
import type { Prisma, PrismaClient } from '../../generated/client.ts';
import { recount, recountTimeoutMs } from './counters.ts';
import { compareSurvey } from './survey.ts';

export interface ProvedOurs {
  /** Newer than every claim of the resource so far, so that a late step of an old one is refused on the host. */
  readonly epoch: string;
  readonly sizeGib: number;
  /** Of a snapshot. */
  readonly volumeId: string | null;
}

/** Looks at the rows once more; null when the difference has gone, or cannot be proved to be ours. */
export async function proveOurs(db: PrismaClient, difference: AuditDifference): Promise<ProvedOurs | null> {
  const { place: host, resourceType, resourceId: id } = difference;
  if (resourceType !== 'volume' && resourceType !== 'snapshot' && resourceType !== 'export') return null;
  const found = [{ id, sizeGib: null }];
  const now = await compareSurvey(db, { host, kind: resourceType, found, after: id, upTo: id });
  if (!now.some((one) => one.class === difference.class && one.resourceId === id && one.repairable)) return null;
  const [epoch] = await db.$queryRaw<{ epoch: bigint }[]>`SELECT nextval('operation_epoch_seq') AS epoch`;
  const volume = await db.volume.findUnique({ where: { id } });
  const snapshot = await db.snapshot.findUnique({ where: { id } });
  const backup = await db.backup.findUnique({ where: { id } });
  const copied = await copiedVolume(db, id);
  return {
    epoch: (epoch?.epoch ?? 0n).toString(),
    sizeGib: volume?.sizeGib ?? snapshot?.sizeGib ?? backup?.sizeGib ?? copied?.sizeGib ?? 1,
    volumeId: snapshot?.volumeId ?? backup?.volumeId ?? null,
  };
}

/** The volume that a migration or a retype of this id had made a copy of. */
async function copiedVolume(db: PrismaClient, id: string) {
  const operation = await db.operation.findUnique({ where: { id }, select: { resourceId: true } });
  return operation === null ? null : db.volume.findUnique({ where: { id: operation.resourceId } });
}

/** Number of the advisory lock that makes counters' repairs take turns. */
const repairLock = 4_201_337;

/**
 * Corrects one counter by what it is off; what others add meanwhile stays. False when it is right by now. Repairs take
 * turns: two audits at once would both add the same difference.
 */
export async function repairCounter(db: PrismaClient, { resourceId }: AuditDifference): Promise<boolean> {
  const repair = async (tx: Prisma.TransactionClient): Promise<boolean> => {
    // READ COMMITTED on purpose: the recount sees what the repair before this one has written.
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(${repairLock}::bigint)`;
    const drift = (await recount(tx)).find(({ counter }) => counter === resourceId);
    if (drift) await correct(tx, resourceId, drift.rows - drift.counted);
    return drift !== undefined;
  };
  return db.$transaction(repair, { timeout: recountTimeoutMs });
}

async function correct(tx: Prisma.TransactionClient, counter: string, delta: number): Promise<void> {
  const [kind, ...words] = counter.split(' ');
  const last = words.pop() ?? '';
  const owner = words.join(' ');
  if (kind === 'quota') {
    await tx.$executeRaw`
      INSERT INTO quota_usages (project_id, resource, in_use) VALUES (${owner}, ${last}, ${delta})
      ON CONFLICT (project_id, resource) DO UPDATE SET in_use = quota_usages.in_use + excluded.in_use`;
  } else if (last === 'gib') {
    await tx.$executeRaw`UPDATE pools SET allocated_gib = allocated_gib + ${delta} WHERE id = ${owner}`;
  } else await tx.$executeRaw`UPDATE pools SET allocated_volumes = allocated_volumes + ${delta} WHERE id = ${owner}`;
}
