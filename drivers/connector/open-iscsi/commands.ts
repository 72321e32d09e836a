// The command lines of the connector `open-iscsi`.
import { secret, type Argv } from '../../../privileged/argv.ts';

export interface Node {
  readonly iqn: string;
  /** `address:port` */
  readonly portal: string;
}

const onNode = ({ iqn, portal }: Node, ...rest: string[]): Argv => [
  ...(['iscsiadm', '-m', 'node', '-T', iqn, '-p', portal] as const),
  ...rest,
];

export const showNode = (node: Node): Argv => onNode(node);
export const newNode = (node: Node): Argv => onNode(node, '-o', 'new');
export const deleteNode = (node: Node): Argv => onNode(node, '-o', 'delete');
export const login = (node: Node): Argv => onNode(node, '--login');
export const logout = (node: Node): Argv => onNode(node, '--logout');
export const rescan = (node: Node): Argv => onNode(node, '--rescan');

export const updateNode = (node: Node, name: string, value: string): Argv =>
  onNode(node, '-o', 'update', '-n', name, '-v', value);

/** iscsiadm takes the password on its command line only, so `ps` shows it for the few ms that this runs; we never do. */
export const updatePassword = (node: Node, password: string): Argv => {
  const [program, ...rest] = onNode(node, '-o', 'update', '-n', 'node.session.auth.password', '-v');
  return [program, ...rest, secret(password)];
};

/** Exits with 0 where multipathd runs. */
export const multipathStatus: Argv = ['multipathd', 'show', 'status'];

export const flushMultipath = (name: string): Argv => ['multipath', '-f', name];

export const flushDevice = (name: string): Argv => ['blockdev', '--flushbufs', `/dev/${name}`];

/** Takes a SCSI disk out of the kernel; `1` comes on standard input. */
export const deleteDevice = (name: string): Argv => ['tee', `/sys/block/${name}/device/delete`];
