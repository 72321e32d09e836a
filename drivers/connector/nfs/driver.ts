// The connector of volumes on NFS: mounts the share, as os-brick's remotefs does; a qcow2 image is shown as a file of bytes.
import { join } from 'node:path';
import { z } from 'zod';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { Argv } from '../../../privileged/argv.ts';
import { NfsMount } from '../../nfs/mount.ts';
import { isShare, mountOptionsPattern } from '../../nfs/share.ts';
import type { StepContext } from '../../step.ts';
import type { ConnectionInfo } from '../../target/target.ts';
import { clear, hide, isShown, placeOf, prepare, qemuOptions, show } from '../shown-file.ts';

const uuid = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}';

const dataSchema = z.object({
  export: z.string().refine(isShare),
  /** A volume's file or an overlay; nothing that leads out of the share. */
  name: z.string().regex(new RegExp(`^volume-${uuid}(\\.${uuid})?$`)),
  format: z.enum(['raw', 'qcow2']),
  options: z
    .string()
    .transform((text) => text.replace(/^-o\s*/, ''))
    .refine((text) => mountOptionsPattern.test(text))
    .optional(),
  access_mode: z.string().optional(),
});

/** A file of an NFS share on this host. */
export interface MountedImage {
  readonly path: string;
  readonly format: 'raw' | 'qcow2';
  readonly readonly: boolean;
}

const mounts = new Map<string, NfsMount>();

/**
 * Mounts the connection's share below `base` and answers its file. `extraOptions` go behind those of the connection.
 * Throws UnexpectedOutput for a connection that it cannot read, and what NfsMount.answering throws.
 */
export async function mountImage(
  connection: ConnectionInfo,
  base: string,
  extraOptions: readonly string[],
  signal?: AbortSignal,
): Promise<MountedImage> {
  const parsed = dataSchema.safeParse(connection.data);
  if (connection.driver_volume_type !== 'nfs' || !parsed.success) {
    throw new StorageError('UnexpectedOutput', `not a connection to NFS: ${JSON.stringify(connection)}`);
  }
  const { export: share, name, format, options, access_mode: accessMode } = parsed.data;
  const mountOptions = [...(options === undefined ? [] : [options]), ...extraOptions].join(',') || null;
  const key = `${base} ${share} ${mountOptions}`;
  const origin = { option: 'state_path', path: base };
  const mount =
    mounts.get(key) ?? new NfsMount({ share, shareOption: 'export', base: origin, mountOptions, attempts: 3 });
  mounts.set(key, mount);
  const path = join(await mount.answering(signal), name);
  return { path, format, readonly: accessMode === 'ro' };
}

/**
 * Here copies read and write it, and look at what every call answers: a server that is away for long must become an
 * error of theirs, not a thread of the worker that waits for ever. Instances are mounted for without these.
 */
const failing = ['softerr', 'timeo=150', 'retrans=3'];

export class NfsConnector {
  readonly #statePath: string;

  constructor(statePath: string) {
    this.#statePath = statePath;
  }

  async connect(step: StepContext, volumeId: string, connection: ConnectionInfo): Promise<{ path: string }> {
    const image = await mountImage(connection, join(this.#statePath, 'connected-shares'), failing, step.signal);
    if (image.format === 'raw') return { path: image.path };
    const place = placeOf(this.#statePath, volumeId);
    if (await isShown(place)) return { path: place.disk };
    await prepare(place);
    try {
      const errorOf = (log: string): StorageError =>
        new StorageError('CommandFailed', `${image.path} cannot be shown: ${log.trim() || 'no reason given'}`);
      await show(step, place, { argv: showImageAsFile(image, place.disk), what: image.path, errorOf });
    } catch (error) {
      await clear(place);
      throw error;
    }
    return { path: place.disk };
  }

  /** The share stays mounted: other volumes use it, and the next one will. */
  async disconnect(_step: StepContext, volumeId: string): Promise<void> {
    await hide(placeOf(this.#statePath, volumeId));
  }
}

function showImageAsFile({ path, readonly }: MountedImage, mountpoint: string): Argv {
  const image = {
    ...{ driver: 'qcow2', 'node-name': 'image', 'read-only': readonly ? 'on' : 'off' },
    ...{ 'file.driver': 'file', 'file.filename': path },
  };
  const exported = {
    ...{ type: 'fuse', id: 'file', 'node-name': 'image', mountpoint, writable: readonly ? 'off' : 'on' },
  };
  return ['qemu-storage-daemon', '--blockdev', qemuOptions(image), '--export', qemuOptions(exported)];
}
