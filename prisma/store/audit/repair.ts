// Before an audit mends something: is it provably ours, and idle, still? And counters, corrected by their difference.
import type { AuditDifference } from '../../../domain/audit-classes.ts';
import type { PrismaClient } from '../../generated/client.ts';
import { auditCounters } from './counters.ts';
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
  return {
    epoch: (epoch?.epoch ?? 0n).toString(),
    sizeGib: volume?.sizeGib ?? snapshot?.sizeGib ?? backup?.sizeGib ?? 1,
    volumeId: snapshot?.volumeId ?? backup?.volumeId ?? null,
  };
}

/** Corrects one counter by what it is off; what others add meanwhile stays. False when it is right by now. */
export async function repairCounter(db: PrismaClient, { resourceId }: AuditDifference): Promise<boolean> {
  const drift = (await auditCounters(db)).find(({ counter }) => counter === resourceId);
  if (!drift) return false;
  const delta = drift.rows - drift.counted;
  const [kind, ...words] = resourceId.split(' ');
  const last = words.pop() ?? '';
  const owner = words.join(' ');
  if (kind === 'quota') {
    await db.$executeRaw`
      INSERT INTO quota_usages (project_id, resource, in_use) VALUES (${owner}, ${last}, ${delta})
      ON CONFLICT (project_id, resource) DO UPDATE SET in_use = quota_usages.in_use + excluded.in_use`;
  } else if (last === 'gib') {
    await db.$executeRaw`UPDATE pools SET allocated_gib = allocated_gib + ${delta} WHERE id = ${owner}`;
  } else await db.$executeRaw`UPDATE pools SET allocated_volumes = allocated_volumes + ${delta} WHERE id = ${owner}`;
  return true;
}
