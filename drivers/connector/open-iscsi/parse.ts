// Takes a connection apart into the paths to its LUN, and reads the name of this host's initiator.
import { StorageError } from '../../../domain/storage-errors.ts';
import type { ConnectionInfo } from '../../target/target.ts';
import type { Node } from './commands.ts';

export interface TargetPath extends Node {
  readonly lun: number;
}

/** RFC 3720, 3.2.6.3; it becomes part of a command line. */
const iqnPattern = /^(iqn|eui|naa)\.[A-Za-z0-9.:_-]{1,220}$/;
const portalPattern = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/;

/** The first portal first. It came over the network: throws Misconfigured for anything that is not what it should be. */
export function pathsOf(connection: ConnectionInfo): readonly TargetPath[] {
  const { data, driver_volume_type: type } = connection;
  const portals = listOf(data['target_portals'] ?? data['target_portal']);
  const iqns = listOf(data['target_iqns'] ?? data['target_iqn']);
  const luns = listOf(data['target_luns'] ?? data['target_lun']);
  const paths = portals.map((portal, index) => ({ portal, iqn: iqns[index], lun: luns[index] }));
  const isWhole = (path: (typeof paths)[number]): path is TargetPath =>
    typeof path.portal === 'string' &&
    portalPattern.test(path.portal) &&
    typeof path.iqn === 'string' &&
    iqnPattern.test(path.iqn) &&
    typeof path.lun === 'number' &&
    Number.isSafeInteger(path.lun);
  const whole = paths.filter(isWhole);
  if (type === 'iscsi' && whole.length > 0 && whole.length === paths.length) return whole;
  throw new StorageError('Misconfigured', `not an iSCSI connection: ${JSON.stringify(connection)}`);
}

const listOf = (value: ConnectionInfo['data'][string] | undefined): readonly unknown[] =>
  Array.isArray(value) ? value : [value];

/** The name in /etc/iscsi/initiatorname.iscsi, or null. */
export function parseInitiatorName(text: string): string | null {
  return /^\s*InitiatorName\s*=\s*(\S+)\s*$/m.exec(text)?.[1] ?? null;
}
