// PostgreSQL and Temporal of our own, started together, migrated and stopped together.
import { join } from 'node:path';
import { migrate } from '../../prisma/migrate.ts';
import { startPostgres, type EmbeddedPostgres } from './postgres.ts';
import { startTemporal, type EmbeddedTemporal } from './temporal.ts';

export interface EmbeddedOptions {
  /** Everything they write is in here; started again on the same directory they come back with their data. */
  readonly stateDir: string;
  /** Ports; 0 or left out = any free one. Without `temporalUiPort` there is no web page. */
  readonly postgresPort?: number;
  readonly temporalPort?: number;
  readonly temporalUiPort?: number;
  /** False speeds PostgreSQL up for tests that throw the data away. */
  readonly durable?: boolean;
  readonly say?: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface Embedded {
  /** host:port of Temporal's gRPC front end. */
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  /** postgresql://… with its password; the tables are there. */
  readonly databaseUrl: string;
  readonly temporal: EmbeddedTemporal;
  readonly postgres: EmbeddedPostgres;
  /** Ends both and waits for it; may be called twice. */
  stop(): Promise<void>;
}

/** Starts both servers side by side and migrates; when one fails the other is stopped before the error is thrown. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { stateDir, durable, say, signal } = options;
  const common = { ...(say ? { say } : {}), ...(signal ? { signal } : {}) };
  const [postgres, temporal] = await Promise.allSettled([
    startPostgres({
      ...common,
      directory: join(stateDir, 'postgres'),
      port: options.postgresPort ?? 0,
      ...(durable === undefined ? {} : { durable }),
    }).then(async (started) => {
      await migrate(started.databaseUrl).catch(async (error: unknown) => {
        await started.stop();
        throw error;
      });
      return started;
    }),
    startTemporal({
      ...common,
      directory: join(stateDir, 'temporal'),
      port: options.temporalPort ?? 0,
      ...(options.temporalUiPort === undefined ? {} : { uiPort: options.temporalUiPort }),
    }),
  ]);
  if (postgres.status === 'rejected' || temporal.status === 'rejected') {
    if (postgres.status === 'fulfilled') await postgres.value.stop();
    if (temporal.status === 'fulfilled') await temporal.value.stop();
    throw postgres.status === 'rejected' ? postgres.reason : (temporal as PromiseRejectedResult).reason;
  }
  return {
    temporalAddress: temporal.value.address,
    temporalNamespace: temporal.value.namespace,
    databaseUrl: postgres.value.databaseUrl,
    temporal: temporal.value,
    postgres: postgres.value,
    stop: async () => {
      await temporal.value.stop();
      await postgres.value.stop();
    },
  };
}
