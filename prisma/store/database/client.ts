// The one place where a connection to PostgreSQL is made.
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../../generated/client.ts';

export type Database = PrismaClient;

export interface DatabaseOptions {
  /** Connections of this process at most. */
  readonly poolSize?: number;
}

/** In a burst a transaction waits this long for a connection instead of failing; and it may take this long in all. */
const patienceMs = 30_000;

/** A client of the database at `postgresql://…`; it connects at the first query. Call `$disconnect()` in the end. */
export function createDatabase(url: string, { poolSize = 10 }: DatabaseOptions = {}): Database {
  return new PrismaClient({
    // Columns are UTC without a zone, so that now() in SQL has to be UTC whatever the server's zone is.
    adapter: new PrismaPg({ connectionString: url, max: poolSize, options: '-c TimeZone=UTC' }),
    transactionOptions: { maxWait: patienceMs, timeout: patienceMs },
  });
}
