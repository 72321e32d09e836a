// A lab's servers with Temporal in its production form: PostgreSQL for both, Temporal's processes beside it.
import { join } from 'node:path';
import { migrate } from '../../../prisma/migrate.ts';
import { startPostgres } from '../../../workers/embedded/postgres.ts';
import type { LabServers } from '../../support/lab.ts';
import { startTemporalCluster, type TemporalCluster } from './temporal-cluster.ts';

export interface ClusterServers extends LabServers {
  readonly temporal: TemporalCluster;
}

/** Starts and migrates; leaves nothing behind on failure. */
export async function startClusterServers(stateDir: string): Promise<ClusterServers> {
  const postgres = await startPostgres({ directory: join(stateDir, 'postgres') });
  const { databaseUrl } = postgres;
  try {
    await migrate(databaseUrl);
    const temporal = await startTemporalCluster({ directory: join(stateDir, 'temporal'), databaseUrl });
    return {
      ...{ databaseUrl, temporal, temporalAddress: temporal.address, temporalNamespace: temporal.namespace },
      async stop() {
        await temporal.stop();
        await postgres.stop();
      },
    };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}
