// The connector `libiscsi`: QEMU's own initiator shows a volume's bytes as a file, on hosts whose kernel has none.
import { rm, writeFile } from 'node:fs/promises';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { StepContext } from '../../step.ts';
import type { ChapSecret, ConnectionInfo } from '../../target/target.ts';
import type { Connector, ConnectorProperties } from '../connector.ts';
import { clear, hide, isShown, placeOf, prepare, show, type Place } from '../shown-file.ts';
import { showLunAsFile, type LunOnFile } from './commands.ts';
import type { LibiscsiOptions } from './config.ts';
import { connectError } from './parse.ts';

export class LibiscsiConnector implements Connector {
  readonly name = 'libiscsi';
  readonly #options: LibiscsiOptions;

  constructor(options: LibiscsiOptions) {
    this.#options = options;
  }

  /** As os-brick's `get_connector_properties` names them. */
  async properties(): Promise<ConnectorProperties> {
    const { host, my_ip: ip } = this.#options;
    return { initiator: this.#initiator, host, ip, multipath: false, platform: machine(), os_type: process.platform };
  }

  async connect(
    step: StepContext,
    volumeId: string,
    connection: ConnectionInfo,
    chap: ChapSecret | null,
  ): Promise<{ path: string }> {
    const place = placeOf(this.#options.state_path, volumeId);
    if (await isShown(place)) return { path: place.disk };
    await prepare(place);
    if (chap) await writeFile(place.passwordFile, chap.password, { mode: 0o600 });
    try {
      const lun = lunOf(connection, this.#initiator, place, chap);
      await show(step, place, {
        argv: showLunAsFile(lun),
        what: `${lun.iqn} at ${lun.portal}`,
        errorOf: (log) => connectError(log, lun.portal, lun.iqn),
      });
    } catch (error) {
      await clear(place);
      throw error;
    } finally {
      await rm(place.passwordFile, { force: true });
    }
    return { path: place.disk };
  }

  async disconnect(_step: StepContext, volumeId: string, _connection: ConnectionInfo): Promise<void> {
    await hide(placeOf(this.#options.state_path, volumeId));
  }

  get #initiator(): string {
    return this.#options.initiator_name ?? `iqn.2010-10.org.openstack:${this.#options.host.toLowerCase()}`;
  }
}

/** Takes its input apart again and refuses what it cannot be: it came over the network. */
function lunOf(connection: ConnectionInfo, initiator: string, place: Place, chap: ChapSecret | null): LunOnFile {
  const { target_portal: portal, target_iqn: iqn, target_lun: lun, access_mode: accessMode } = connection.data;
  if (
    connection.driver_volume_type !== 'iscsi' ||
    typeof portal !== 'string' ||
    typeof iqn !== 'string' ||
    typeof lun !== 'number'
  ) {
    throw new StorageError('Misconfigured', `not an iSCSI connection: ${JSON.stringify(connection)}`);
  }
  return {
    portal,
    iqn,
    lun,
    initiator,
    readonly: accessMode === 'ro',
    chap: chap ? { username: chap.username, passwordFile: place.passwordFile } : null,
    mountpoint: place.disk,
  };
}

/** os-brick's `platform`: what uname(1) calls the machine. */
function machine(): string {
  const machines: Readonly<Partial<Record<NodeJS.Architecture, string>>> = { x64: 'x86_64', arm64: 'aarch64' };
  return machines[process.arch] ?? process.arch;
}
