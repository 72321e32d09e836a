// PostgreSQL, Temporal and tgtd of the lab: killed by SIGKILL and started again on the same data and the same ports.
import { join } from 'node:path';
import { migrate } from '../../../prisma/migrate.ts';
import { tgtOptions } from '../../../drivers/target/tgt/config.ts';
import { startTgtd, type Tgtd } from '../../../drivers/target/tgt/daemon.ts';
import { TgtTargetDriver } from '../../../drivers/target/tgt/driver.ts';
import { isAlive } from '../../../workers/embedded/processes.ts';
import { startPostgres, type EmbeddedPostgres } from '../../../workers/embedded/postgres.ts';
import { claimPort } from '../../../workers/embedded/ports.ts';
import { eventually } from '../../support/eventually.ts';
import { developmentServer, productionCluster, type TemporalServers } from './temporal-servers.ts';

export type ServerName = 'postgres' | 'temporal' | 'tgtd';

export class Servers {
  readonly #directory: string;
  readonly target: TgtTargetDriver;
  readonly #temporal: TemporalServers;
  #postgres: EmbeddedPostgres;
  #tgtd: Tgtd;

  private constructor(directory: string, postgres: EmbeddedPostgres, temporal: TemporalServers, tgtd: Tgtd) {
    this.#directory = directory;
    this.#postgres = postgres;
    this.#temporal = temporal;
    this.#tgtd = tgtd;
    const options = {
      target_ip_address: '127.0.0.1',
      target_port: portIn(tgtd.portal),
      tgt_control_port: tgtd.controlPort,
    };
    this.target = new TgtTargetDriver(tgtOptions.parse(options), join(directory, 'harness'));
  }

  /** `cluster`: Temporal as several processes on the same PostgreSQL. */
  static async start(directory: string, cluster: boolean, say: (line: string) => void): Promise<Servers> {
    const postgres = await startPostgres({ directory: join(directory, 'postgres') });
    await migrate(postgres.databaseUrl);
    const temporal = cluster
      ? await productionCluster(directory, postgres.databaseUrl, say)
      : await developmentServer(join(directory, 'temporal'), say);
    const portalPort = await claimPort({ flag: 'target_port', port: 0 });
    const tgtd = await launchTgtd(directory, portalPort, portalPort % 32_768);
    return new Servers(directory, postgres, temporal, tgtd);
  }

  get addresses() {
    return {
      databaseUrl: this.#postgres.databaseUrl,
      temporalAddress: this.#temporal.address,
      portalPort: portIn(this.#tgtd.portal),
      controlPort: this.#tgtd.controlPort,
    };
  }

  /** SIGKILL; answers once it is gone. */
  async kill(name: ServerName): Promise<void> {
    if (name === 'tgtd') {
      process.kill(this.#tgtd.pid, 'SIGKILL');
      return eventually(async () => {
        if (await isAlive(this.#tgtd.pid)) throw new Error('tgtd still runs');
      });
    }
    if (name === 'temporal') return this.#temporal.kill();
    this.#postgres.daemon.kill();
    await this.#postgres.daemon.exited;
  }

  /** Its clients know its port, so it comes back there. A killed PostgreSQL's children may need a moment to go. */
  async start(name: ServerName): Promise<void> {
    const directory = this.#directory;
    if (name === 'tgtd') {
      this.#tgtd = await eventually(() => launchTgtd(directory, portIn(this.#tgtd.portal), this.#tgtd.controlPort));
    } else if (name === 'postgres') {
      const port = portIn(this.#postgres.address);
      this.#postgres = await eventually(() => startPostgres({ directory: join(directory, 'postgres'), port }));
    } else {
      await this.#temporal.start();
    }
  }

  async stop(): Promise<void> {
    await this.#tgtd.stop().catch(() => undefined);
    await this.#temporal.stop();
    await this.#postgres.stop();
  }
}

function launchTgtd(directory: string, portalPort: number, controlPort: number): Promise<Tgtd> {
  const [logFile, pidFile] = [join(directory, 'tgtd.log'), join(directory, 'tgtd.pid')];
  return startTgtd({ portalPort, controlPort, logFile, pidFile });
}

const portIn = (address: string): number => Number(address.split(':').at(-1));
