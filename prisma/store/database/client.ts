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
    adapter: new PrismaPg(
      { connectionString: url, max: poolSize, options: '-c TimeZone=UTC' },
      { statementNameGenerator: nameStatements() },
    ),
    transactionOptions: { maxWait: patienceMs, timeout: patienceMs },
  });
}

/** Texts that each connection keeps prepared at most; lists of ids have one text for each length. */
const maxPrepared = 500;

/** Names statements by their text, so that PostgreSQL parses and plans each once a connection and not once a call. */
function nameStatements(): (query: { readonly sql: string }) => string {
  const names = new Map<string, string>();
  return ({ sql }) => {
    const name = names.get(sql) ?? (names.size < maxPrepared ? `s${names.size}` : '');
    if (name !== '') names.set(sql, name);
    // PostgreSQL's unnamed statement: prepared for this one call.
    return name;
  };
}
