// The workbench of a machine without libvirt: its own iSCSI initiator shows the volume as a file here.
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { libiscsiOptions } from '../../../drivers/connector/libiscsi/config.ts';
import { LibiscsiConnector } from '../../../drivers/connector/libiscsi/driver.ts';
import type { StepContext } from '../../../drivers/step.ts';
import type { ConnectionInfo } from '../../../drivers/target/target.ts';
import { mustRunTool } from '../../../privileged/tool.ts';
import type { KnownFiles } from './known-files.ts';
import type { Openstack } from './openstack.ts';
import { mustBeTheImage, shortDigest, type Deed, type Workbench } from './workbench.ts';

const hostName = 'demo';
const mountpoint = '/dev/vdb';
const toolTimeoutMs = 60_000;
const changedBytesAt = 16 * 1024 ** 2;
const changedBytes = 4 * 1024 ** 2;

/** `connection_info` of GET /attachments/{id}, as far as an initiator needs it. */
const attachmentSchema = z.object({
  attachment: z.object({
    connection_info: z
      .object({ driver_volume_type: z.literal('iscsi'), auth_username: z.string(), auth_password: z.string() })
      .catchall(z.union([z.string(), z.number(), z.boolean(), z.null()])),
  }),
});

interface Attachment {
  readonly id: string;
  readonly volumeId: string;
  readonly connection: ConnectionInfo;
  /** The volume's bytes as a file, while it is attached. */
  readonly path: string;
}

/** One initiator, in `directory`, which it makes and removes. */
export class InitiatorWorkbench implements Workbench {
  readonly place = 'this machine, by its own iSCSI initiator';
  readonly #openstack: Openstack;
  readonly #directory: string;
  readonly #connector: LibiscsiConnector;
  #attached: Attachment | null = null;

  constructor(openstack: Openstack, directory: string) {
    this.#openstack = openstack;
    this.#directory = directory;
    this.#connector = new LibiscsiConnector(
      libiscsiOptions.parse({ state_path: directory, host: hostName, my_ip: '127.0.0.1' }),
    );
  }

  attach(volumeId: string): Deed {
    const connect = ['--connect', 'True', '--ip', '127.0.0.1', '--host', hostName, '--mountpoint', mountpoint];
    const words = (initiator: string) => ['attachment-create', ...connect, '--initiator', initiator, volumeId];
    return {
      typed: `cinder ${words('IQN').join(' ')}; cinder attachment-complete ATTACHMENT`,
      run: async () => {
        const { initiator } = await this.#connector.properties();
        const id = await this.#openstack.cinderId(words(initiator ?? ''), 'id');
        const { connection_info: found } = attachmentSchema.parse(
          await this.#openstack.get(`/attachments/${id}`),
        ).attachment;
        const { driver_volume_type, auth_username: username, auth_password: password, ...data } = found;
        const connection: ConnectionInfo = { driver_volume_type, data };
        const { path } = await this.#connector.connect(step, volumeId, connection, { username, password });
        this.#attached = { id, volumeId, connection, path };
        await this.#openstack.cinder(['attachment-complete', id]);
        return 'in-use; its bytes are a file here, over iSCSI with CHAP';
      },
    };
  }

  writeKnownFiles(files: KnownFiles): Deed {
    return {
      typed: 'dd if=known-files.ext4 of=VOLUME bs=1M conv=notrunc,fsync',
      run: async () => {
        await this.#write(await readFile(files.imagePath), 0);
        const sha256 = await this.#sha256(files);
        mustBeTheImage(files, sha256);
        return `${files.imageSizeMib} MiB written, ${shortDigest(sha256)}`;
      },
    };
  }

  changeData(files: KnownFiles): Deed {
    return {
      typed: 'debugfs -w -R "rm letter.txt" VOLUME; dd if=/dev/zero of=VOLUME bs=4M seek=4 count=1 conv=notrunc',
      run: async () => {
        await mustRunTool('debugfs', ['-w', '-R', 'rm letter.txt', this.#volume().path], { timeoutMs: toolTimeoutMs });
        await this.#write(Buffer.alloc(changedBytes), changedBytesAt);
        if ((await this.#sha256(files)) === files.imageSha256) throw new Error('the data did not change');
        return 'a file is gone, another one has other bytes';
      },
    };
  }

  detach(volumeId: string): Deed {
    return {
      typed: 'cinder attachment-delete ATTACHMENT',
      run: async () => {
        const { id, connection } = this.#volume();
        await this.#connector.disconnect(step, volumeId, connection);
        this.#attached = null;
        await this.#openstack.cinder(['attachment-delete', id]);
        return 'available; the initiator has logged out, the target is gone';
      },
    };
  }

  proveBytes(files: KnownFiles): Deed {
    return {
      typed: 'sha256sum VOLUME; debugfs -R "dump NAME FILE" VOLUME; sha256sum -c',
      run: async () => {
        const sha256 = await this.#sha256(files);
        mustBeTheImage(files, sha256);
        const directory = join(this.#directory, 'files');
        await mkdir(directory, { recursive: true });
        for (const [name, expected] of files.sha256ByName) {
          const path = join(directory, name);
          await mustRunTool('debugfs', ['-R', `dump ${name} ${path}`, this.#volume().path], {
            timeoutMs: toolTimeoutMs,
          });
          const actual = createHash('sha256')
            .update(await readFile(path))
            .digest('hex');
          if (actual !== expected) throw new Error(`${name} came back with other bytes`);
        }
        return `image and all ${files.sha256ByName.size} files are equal, ${shortDigest(sha256)}`;
      },
    };
  }

  async close(): Promise<void> {
    const attached = this.#attached;
    if (attached) await this.#connector.disconnect(step, attached.volumeId, attached.connection);
    await rm(this.#directory, { recursive: true, force: true });
  }

  #volume(): Attachment {
    if (!this.#attached) throw new Error('no volume is attached');
    return this.#attached;
  }

  async #write(bytes: Buffer, position: number): Promise<void> {
    const file = await open(this.#volume().path, 'r+');
    try {
      await file.write(bytes, 0, bytes.length, position);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /** Digest of the part of the volume that the image was written to. */
  async #sha256(files: KnownFiles): Promise<string> {
    const file = await open(this.#volume().path, 'r');
    try {
      const buffer = Buffer.alloc(files.imageSizeMib * 1024 ** 2);
      await file.read(buffer, 0, buffer.length, 0);
      return createHash('sha256').update(buffer).digest('hex');
    } finally {
      await file.close();
    }
  }
}

/** The demo is no operation of Scoria's: nothing of its own is claimed or stopped by what it does here. */
const step: StepContext = {
  operationId: 'demo',
  epoch: 0,
  signal: new AbortController().signal,
  reportProgress: () => undefined,
};
