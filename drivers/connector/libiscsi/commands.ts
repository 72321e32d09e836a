// The command lines of the libiscsi connector.
import type { Argv } from '../../../privileged/argv.ts';
import { qemuOptions } from '../shown-file.ts';

export interface LunOnFile {
  /** `address:port` */
  readonly portal: string;
  readonly iqn: string;
  readonly lun: number;
  readonly initiator: string;
  readonly readonly: boolean;
  /** CHAP: the password is in a file that only this user can read, never on a command line. */
  readonly chap: { readonly username: string; readonly passwordFile: string } | null;
  /** An existing file, over which the LUN is mounted. */
  readonly mountpoint: string;
}

/** Shows a LUN as a file through FUSE for as long as it runs: qemu-storage-daemon(1). */
export function showLunAsFile(lun: LunOnFile): Argv {
  const blockdev = {
    driver: 'iscsi',
    'node-name': 'lun',
    transport: 'tcp',
    portal: lun.portal,
    target: lun.iqn,
    lun: String(lun.lun),
    'initiator-name': lun.initiator,
    'read-only': lun.readonly ? 'on' : 'off',
    ...(lun.chap ? { user: lun.chap.username, 'password-secret': 'chap' } : {}),
  };
  const exported = {
    type: 'fuse',
    id: 'file',
    'node-name': 'lun',
    mountpoint: lun.mountpoint,
    writable: lun.readonly ? 'off' : 'on',
  };
  return [
    'qemu-storage-daemon',
    ...(lun.chap ? ['--object', qemuOptions({ qom: 'secret', id: 'chap', file: lun.chap.passwordFile })] : []),
    '--blockdev',
    qemuOptions(blockdev),
    '--export',
    qemuOptions(exported),
  ];
}
