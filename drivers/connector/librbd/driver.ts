// The connector `librbd`: shows an RBD image's bytes as a file on a host that is not the volume's.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { StepContext } from '../../step.ts';
import type { ConnectionInfo } from '../../target/target.ts';
import type { Connector } from '../connector.ts';
import { hide, placeOf } from '../shown-file.ts';
import { rbdConnectionSchema } from './connection.ts';
import { openImage } from './open-image.ts';

export interface LibrbdOptions {
  /** Images are shown in `<state_path>/connections`. */
  readonly statePath: string;
  /** Where `<cluster>.conf` and the keyrings are, as on every client of Ceph. */
  readonly cephDirectory: string;
}

export class LibrbdConnector implements Pick<Connector, 'connect' | 'disconnect'> {
  readonly #options: LibrbdOptions;

  constructor(options: LibrbdOptions) {
    this.#options = options;
  }

  async connect(step: StepContext, volumeId: string, connection: ConnectionInfo): Promise<{ path: string }> {
    const { data, error } = rbdConnectionSchema.safeParse(connection.data);
    if (!data) throw new StorageError('Misconfigured', `not an RBD connection: ${z.prettifyError(error)}`);
    const conf = join(this.#options.cephDirectory, `${data.cluster_name}.conf`);
    const hasConf = await access(conf).then(
      () => true,
      () => false,
    );
    const { pool, image, snapshot } = data.name;
    return openImage(step, placeOf(this.#options.statePath, volumeId), {
      ...{ pool, image, snapshot, user: data.auth_username },
      conf: hasConf ? conf : null,
      monitors: data.hosts.map((host, index) => ({ host, port: data.ports[index] ?? '6789' })),
      readonly: data.access_mode === 'ro',
    });
  }

  async disconnect(_step: StepContext, volumeId: string): Promise<void> {
    await hide(placeOf(this.#options.statePath, volumeId));
  }
}
