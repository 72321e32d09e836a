// Pools: what back-ends reported of them. What has been promised of them is pool-allocation.ts's.
import type { Pool, Prisma } from '../../generated/client.ts';

export type { Pool };
type Transaction = Prisma.TransactionClient;

/** What a driver reports of a pool; figures in GiB. */
export interface PoolReport {
  readonly name: string;
  readonly totalGib: number;
  readonly freeGib: number;
  readonly reservedPercentage: number;
  readonly maxOverSubscriptionRatio: number;
  readonly thinProvisioning: boolean;
  readonly capabilities: Readonly<Record<string, string | number | boolean>>;
}

/** All pools, or those of one back-end, by name. */
export function listPools(db: Transaction, host?: string): Promise<Pool[]> {
  return db.pool.findMany({ where: host === undefined ? {} : { host }, orderBy: { id: 'asc' } });
}

/** Keeps what one back-end reports; the figures of what was promised stay as they are. */
export async function keepPoolReports(tx: Transaction, host: string, reports: readonly PoolReport[]): Promise<void> {
  const reportedAt = new Date();
  for (const report of [...reports].sort((left, right) => (left.name < right.name ? -1 : 1))) {
    const id = `${host}#${report.name}`;
    const row = { ...report, capabilities: { ...report.capabilities }, reportedAt };
    await tx.pool.upsert({ where: { id }, create: { id, host, ...row }, update: row });
  }
}
