// `scoria migrate`: brings the tables of a database up to date, for set-ups that are not all on one machine.
import { migrate } from '../../prisma/migrate.ts';
import { loadConfig } from '../config/load.ts';

/** Prints what was applied; answers the exit code. */
export async function migrateDatabase(configFiles: readonly string[]): Promise<number> {
  const { connection } = loadConfig(configFiles).config.database;
  if (connection === null) throw new Error(`${configFiles.join(', ')}: [database] connection is missing`);
  const applied = await migrate(connection);
  console.log(applied.length > 0 ? `applied ${applied.join(', ')}` : 'the database is up to date');
  return 0;
}
