// Quota limits: a project's own, those of the class `default`, and what is used of them.
import type { Prisma } from '../../generated/client.ts';

type Transaction = Prisma.TransactionClient;

/** Limits of a class are kept like a project's; no project's id has a colon. */
export const classOwner = (name: string): string => `class:${name}`;

export const defaultClass = 'default';

/** The limits in force that are not the configuration's: a project's own, or else the default class's. */
export async function readLimits(db: Transaction, projectId: string): Promise<Map<string, number>> {
  const classId = classOwner(defaultClass);
  const rows = await db.quotaLimit.findMany({ where: { projectId: { in: [projectId, classId] } } });
  // The class's first, so that the project's own replace them.
  const ordered = [
    ...rows.filter((row) => row.projectId === classId),
    ...rows.filter((row) => row.projectId !== classId),
  ];
  return new Map(ordered.map((row) => [row.resource, row.hardLimit]));
}

export async function readClassLimits(db: Transaction, className: string): Promise<Map<string, number>> {
  const rows = await db.quotaLimit.findMany({ where: { projectId: classOwner(className) } });
  return new Map(rows.map((row) => [row.resource, row.hardLimit]));
}

/** Resources for which the project has limits of its own. */
export async function readOwnLimits(db: Transaction, projectId: string): Promise<Map<string, number>> {
  const rows = await db.quotaLimit.findMany({ where: { projectId } });
  return new Map(rows.map((row) => [row.resource, row.hardLimit]));
}

export async function readUsage(db: Transaction, projectId: string): Promise<Map<string, number>> {
  const rows = await db.quotaUsage.findMany({ where: { projectId } });
  return new Map(rows.map((row) => [row.resource, Number(row.inUse)]));
}

async function setLimits(tx: Transaction, owner: string, limits: ReadonlyMap<string, number>): Promise<void> {
  // In one order for all, so that two changes of the same quotas do not deadlock.
  for (const [resource, hardLimit] of [...limits].sort(([left], [right]) => (left < right ? -1 : 1))) {
    const key = { projectId: owner, resource };
    await tx.quotaLimit.upsert({
      where: { projectId_resource: key },
      create: { ...key, hardLimit },
      update: { hardLimit },
    });
  }
}

export async function setProjectLimits(
  tx: Transaction,
  projectId: string,
  limits: ReadonlyMap<string, number>,
): Promise<void> {
  await setLimits(tx, projectId, limits);
}

export async function setClassLimits(
  tx: Transaction,
  className: string,
  limits: ReadonlyMap<string, number>,
): Promise<void> {
  await setLimits(tx, classOwner(className), limits);
}

/** Gives a project the defaults again. */
export async function deleteProjectLimits(tx: Transaction, projectId: string): Promise<void> {
  await tx.quotaLimit.deleteMany({ where: { projectId } });
}
