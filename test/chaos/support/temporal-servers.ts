// Temporal as the lab kills it: the development server, or one process after another of a production cluster.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startTemporal } from '../../../workers/embedded/temporal.ts';
import { memberNames, startTemporalCluster, type MemberName } from '../../cluster/support/temporal-cluster.ts';
import { eventually } from '../../support/eventually.ts';

export interface TemporalServers {
  /** host:port */
  readonly address: string;
  /** SIGKILL; answers once it is gone. */
  kill(): Promise<void>;
  /** Starts again what was killed, on the same data and port; answers once it answers. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function developmentServer(directory: string, say: (line: string) => void): Promise<TemporalServers> {
  await mkdir(directory, { recursive: true });
  let server = await startTemporal({ directory, say });
  const { address } = server;
  return {
    address,
    async kill() {
      server.daemon.kill();
      await server.daemon.exited;
    },
    async start() {
      const port = Number(address.split(':').at(-1));
      server = await eventually(() => startTemporal({ directory, port }));
    },
    stop: () => server.stop(),
  };
}

/** `databaseUrl`: where its tables go, beside ours. */
export async function productionCluster(
  directory: string,
  databaseUrl: string,
  say: (line: string) => void,
): Promise<TemporalServers> {
  const cluster = await startTemporalCluster({ directory: join(directory, 'temporal'), databaseUrl, say });
  let kills = 0;
  let away: MemberName | null = null;
  return {
    address: cluster.address,
    async kill() {
      away = memberNames[kills % memberNames.length] ?? null;
      kills += 1;
      if (away === null) return;
      say(`killing Temporal's process ${away}`);
      await cluster.kill(away);
    },
    async start() {
      if (away !== null) await cluster.start(away);
      away = null;
    },
    stop: () => cluster.stop(),
  };
}
