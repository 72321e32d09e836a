// `scoria dev:migration NAME`: writes the next migration from prisma/schema.prisma, with a throw-away database.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeMigration } from '../../prisma/write-migration.ts';
import { startPostgres } from '../embedded/postgres.ts';

/** `afresh` writes the first migration anew (its part written by hand is kept): only before the first release. */
export async function devMigration(name: string, { afresh }: { readonly afresh: boolean }): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'scoria-migration-'));
  try {
    const postgres = await startPostgres({ directory, durable: false });
    try {
      const path = await writeMigration({ name, afresh, databaseUrl: postgres.databaseUrl });
      console.log(path ?? 'prisma/schema.prisma has nothing that the migrations do not have');
    } finally {
      await postgres.stop();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
