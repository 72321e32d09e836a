// One connector for all protocols: NFS goes to its own, everything else to the one that the host is configured with.
import type { StepContext } from '../step.ts';
import type { ChapSecret, ConnectionInfo } from '../target/target.ts';
import type { Connector, ConnectorProperties } from './connector.ts';
import type { NfsConnector } from './nfs/driver.ts';

export class ConnectorByProtocol implements Connector {
  readonly name: string;
  readonly #block: Connector;
  readonly #nfs: NfsConnector;

  constructor(block: Connector, nfs: NfsConnector) {
    this.name = block.name;
    this.#block = block;
    this.#nfs = nfs;
  }

  properties(): Promise<ConnectorProperties> {
    return this.#block.properties();
  }

  async connect(
    step: StepContext,
    volumeId: string,
    connection: ConnectionInfo,
    chap: ChapSecret | null,
  ): Promise<{ path: string }> {
    if (connection.driver_volume_type === 'nfs') return this.#nfs.connect(step, volumeId, connection);
    return this.#block.connect(step, volumeId, connection, chap);
  }

  async disconnect(step: StepContext, volumeId: string, connection: ConnectionInfo): Promise<void> {
    if (connection.driver_volume_type === 'nfs') await this.#nfs.disconnect(step, volumeId);
    else await this.#block.disconnect(step, volumeId, connection);
  }
}
