// Which code connects a backup host to volumes of other hosts.
import { ConnectorByProtocol } from '../../drivers/connector/by-protocol.ts';
import { NfsConnector } from '../../drivers/connector/nfs/driver.ts';
import type { Connector } from '../../drivers/connector/connector.ts';
import { libiscsiOptions } from '../../drivers/connector/libiscsi/config.ts';
import { LibiscsiConnector } from '../../drivers/connector/libiscsi/driver.ts';
import { LibrbdConnector } from '../../drivers/connector/librbd/driver.ts';
import { openIscsiOptions } from '../../drivers/connector/open-iscsi/config.ts';
import { OpenIscsiConnector } from '../../drivers/connector/open-iscsi/driver.ts';
import type { ScoriaConfig } from '../config/config.ts';

const connectors: Readonly<Record<ScoriaConfig['connector'], (config: ScoriaConfig) => Connector>> = {
  libiscsi: ({ statePath, host, myIp }) =>
    new LibiscsiConnector(libiscsiOptions.parse({ state_path: statePath, host, my_ip: myIp })),
  'open-iscsi': ({ host, myIp }) => new OpenIscsiConnector(openIscsiOptions.parse({ host, my_ip: myIp })),
};

export function connectorFor(config: ScoriaConfig): Connector {
  const { statePath, cephDirectory } = config;
  return new ConnectorByProtocol(connectors[config.connector](config), {
    nfs: new NfsConnector(statePath),
    rbd: new LibrbdConnector({ statePath, cephDirectory }),
  });
}
