// One connector for all protocols: some have their own, everything else goes to the one that the host is configured with.
import type { StepContext } from '../step.ts';
import type { ChapSecret, ConnectionInfo } from '../target/target.ts';
import type { Connector, ConnectorProperties } from './connector.ts';

type Connecting = Pick<Connector, 'connect' | 'disconnect'>;
type Own = Readonly<Partial<Record<ConnectionInfo['driver_volume_type'], Connecting>>>;

export class ConnectorByProtocol implements Connector {
  readonly name: string;
  readonly #block: Connector;
  readonly #own: Own;

  constructor(block: Connector, own: Own) {
    this.name = block.name;
    this.#block = block;
    this.#own = own;
  }

  properties(): Promise<ConnectorProperties> {
    return this.#block.properties();
  }

  connect(
    step: StepContext,
    volumeId: string,
    connection: ConnectionInfo,
    chap: ChapSecret | null,
  ): Promise<{ path: string }> {
    return this.#for(connection).connect(step, volumeId, connection, chap);
  }

  disconnect(step: StepContext, volumeId: string, connection: ConnectionInfo): Promise<void> {
    return this.#for(connection).disconnect(step, volumeId, connection);
  }

  #for({ driver_volume_type: protocol }: ConnectionInfo): Connecting {
    return this.#own[protocol] ?? this.#block;
  }
}
