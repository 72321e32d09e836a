// Audits and what they found, as they are asked for, written down and read.
import { randomUUID } from 'node:crypto';
import { differenceKey, type AuditDifference } from '../../../domain/audit-classes.ts';
import type { Audit, AuditFinding, Prisma, PrismaClient } from '../../generated/client.ts';

export type { Audit, AuditFinding };

/** One back-end, or the database: how many objects were looked at, or why it could not be. */
export interface AuditPlace {
  readonly place: string;
  readonly objects: number;
  readonly error: string | null;
}

/** Asks for an audit; the sweeper starts its workflow. */
export function requestAudit(tx: Prisma.TransactionClient, actor: string, repair: boolean): Promise<Audit> {
  return tx.audit.create({ data: { id: randomUUID(), actor, repair, state: 'accepted' } });
}

/** Audits that no workflow has begun yet. */
export function listAcceptedAudits(db: PrismaClient, limit: number): Promise<Audit[]> {
  return db.audit.findMany({ where: { state: 'accepted' }, orderBy: { startedAt: 'asc' }, take: limit });
}

/** Notes that an audit runs; answers the back-ends. A scheduled one has no row before. */
export async function beginAudit(
  db: PrismaClient,
  { id, actor, repair }: { readonly id: string; readonly actor: string; readonly repair: boolean },
  serviceDownTimeS: number,
): Promise<{ host: string; up: boolean }[]> {
  await db.audit.upsert({ where: { id }, create: { id, actor, repair }, update: { state: 'running' } });
  const services = await db.service.findMany({ where: { binary: 'cinder-volume' }, orderBy: { host: 'asc' } });
  const since = Date.now() - serviceDownTimeS * 1000;
  return services.map(({ host, reportedAt }) => ({ host, up: reportedAt.getTime() >= since }));
}

export async function recordFindings(
  db: PrismaClient,
  auditId: string,
  differences: readonly AuditDifference[],
): Promise<void> {
  const data = differences.map(({ repairable, ...one }) => ({
    ...one,
    auditId,
    key: differenceKey({ ...one, repairable }),
    state: repairable ? 'repairable' : 'by-hand',
  }));
  await db.auditFinding.createMany({ data, skipDuplicates: true });
}

export async function recordOutcome(
  db: PrismaClient,
  auditId: string,
  key: string,
  { outcome, repaired }: { readonly outcome: string; readonly repaired: boolean },
): Promise<void> {
  await db.auditFinding.updateMany({
    where: { auditId, key },
    data: { outcome, state: repaired ? 'repaired' : 'refused', repairedAt: repaired ? new Date() : null },
  });
}

/** Ends an audit: `done` when every place could be looked at. */
export async function finishAudit(db: PrismaClient, id: string, places: readonly AuditPlace[]): Promise<void> {
  const state = places.every(({ error }) => error === null) ? 'done' : 'incomplete';
  await db.audit.update({
    where: { id },
    data: { state, places: places as unknown as Prisma.InputJsonArray, finishedAt: new Date() },
  });
}

export function listAudits(db: Prisma.TransactionClient, limit: number, offset: number): Promise<Audit[]> {
  return db.audit.findMany({ orderBy: [{ startedAt: 'desc' }, { id: 'desc' }], take: limit, skip: offset });
}

export function findAudit(db: Prisma.TransactionClient, id: string): Promise<Audit | null> {
  return db.audit.findUnique({ where: { id } });
}

/** A page of what an audit found, in the order of its keys. */
export function listFindings(
  db: Prisma.TransactionClient,
  auditId: string,
  page: { readonly limit: number; readonly after: string | null },
): Promise<AuditFinding[]> {
  return db.auditFinding.findMany({
    where: { auditId, ...(page.after === null ? {} : { key: { gt: page.after } }) },
    orderBy: { key: 'asc' },
    take: page.limit,
  });
}
