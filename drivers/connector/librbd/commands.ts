// The command line that shows an RBD image as a file, through QEMU's librbd.
import type { Argv } from '../../../privileged/argv.ts';
import { qemuOptions } from '../shown-file.ts';

export interface ImageOnFile {
  readonly pool: string;
  readonly image: string;
  /** Shows what the image was then. */
  readonly snapshot: string | null;
  /** Null: what librados finds by itself. */
  readonly conf: string | null;
  readonly user: string | null;
  /** Monitors to ask in the place of those of the configuration. */
  readonly monitors: readonly { readonly host: string; readonly port: string }[];
  readonly readonly: boolean;
  /** An existing file, over which the image is mounted. */
  readonly mountpoint: string;
}

/** For as long as it runs: qemu-storage-daemon(1), and `blockdev-add` of the driver rbd in QEMU's reference. */
export function showImageAsFile(shown: ImageOnFile): Argv {
  const servers = shown.monitors.flatMap(({ host, port }, index) => [
    [`server.${index}.host`, host],
    [`server.${index}.port`, port],
  ]);
  const blockdev: Record<string, string> = {
    driver: 'rbd',
    'node-name': 'image',
    pool: shown.pool,
    image: shown.image,
    ...(shown.snapshot === null ? {} : { snapshot: shown.snapshot }),
    ...(shown.conf === null ? {} : { conf: shown.conf }),
    ...(shown.user === null ? {} : { user: shown.user }),
    ...Object.fromEntries(servers),
    discard: 'unmap',
    'read-only': shown.readonly ? 'on' : 'off',
  };
  return [
    'qemu-storage-daemon',
    '--blockdev',
    qemuOptions(blockdev),
    '--export',
    qemuOptions({
      ...{ type: 'fuse', id: 'file', 'node-name': 'image', mountpoint: shown.mountpoint },
      writable: shown.readonly ? 'off' : 'on',
    }),
  ];
}
