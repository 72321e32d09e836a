// The Prisma client on PostgreSQL, with limits that let a burst wait for a connection instead of failing.
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../generated/client.ts';

export interface DatabaseOptions {
  /** postgresql://… */
  readonly url: string;
  /** Connections held at most by this process. */
  readonly poolSize: number;
}

/** A transaction waits this long for a connection, and may take this long in all. */
const patienceMs = 30_000;

/** Connects lazily: the first query opens the first connection. Call `$disconnect()` at the end. */
export function openDatabase({ url, poolSize }: DatabaseOptions): PrismaClient {
  return new PrismaClient({
    adapter: new PrismaPg({ connectionString: url, max: poolSize, connectionTimeoutMillis: patienceMs }),
    transactionOptions: { maxWait: patienceMs, timeout: patienceMs },
  });
}
