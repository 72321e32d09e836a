// Brings a database's tables up to date with prisma/migrations.
import pg from 'pg';
import { readMigrations, withSchemaEngine } from './schema-engine.ts';

/** Any fixed number: who holds this advisory lock is the one that migrates. */
const migrationLock = 7_301_556_042;
const lockTimeoutMs = 120_000;

/**
 * Applies the migrations that the database has not seen and answers their names. Several processes may call it at
 * once: one works, the others wait. Keeps Prisma's ordinary `_prisma_migrations`, so `prisma migrate deploy` agrees.
 */
export async function migrate(databaseUrl: string): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 });
  // A lock lives as long as its connection: losing it is reported by the next query, not as an unhandled event.
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(`SET lock_timeout = ${lockTimeoutMs}`);
    await client.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    return await withSchemaEngine(databaseUrl, async (engine) => {
      const migrationsList = await readMigrations();
      const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters: noFilters });
      return appliedMigrationNames;
    });
  } finally {
    await client.end().catch(() => {});
  }
}

const noFilters = { externalTables: [], externalEnums: [] };
