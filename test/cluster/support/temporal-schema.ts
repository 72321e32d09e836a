// The tables of a production Temporal server in PostgreSQL, made by its own tool.
import { mustRunTool } from '../../../privileged/tool.ts';
import type { TemporalServerPrograms } from '../../../workers/embedded/temporal-server.ts';

export interface TemporalDatabase {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** From the address of an embedded PostgreSQL, whose user may create databases. */
export function temporalDatabaseAt(databaseUrl: string): TemporalDatabase {
  const { hostname, port, username, password } = new URL(databaseUrl);
  return { host: hostname, port: Number(port), user: username, password: decodeURIComponent(password) };
}

/** Creates both databases with their tables; there already is success. */
export async function makeTemporalTables(
  { sqlTool }: TemporalServerPrograms,
  { host, port, user, password }: TemporalDatabase,
): Promise<void> {
  const env = {
    ...{ SQL_PLUGIN: 'postgres12', SQL_HOST: host, SQL_PORT: String(port) },
    ...{ SQL_USER: user, SQL_PASSWORD: password },
  };
  const make = async (database: string, schema: string): Promise<void> => {
    const tool = (...args: string[]) =>
      mustRunTool(sqlTool, ['--database', database, ...args], { env, timeoutMs: 120_000 });
    await tool('create-database');
    await tool('setup-schema', '--version', '0.0');
    await tool('update-schema', '--schema-name', `postgresql/v12/${schema}`);
  };
  await Promise.all([make('temporal', 'temporal'), make('temporal_visibility', 'visibility')]);
}
