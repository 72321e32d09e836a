// What every iSCSI target answers about an export: Cinder's `connection_info`, without its secrets.
import type { ConnectionInfo, ExportRequest } from './target.ts';

export interface Portals {
  readonly target_ip_address: string;
  readonly target_secondary_ip_addresses?: readonly string[];
  readonly target_port: number;
}

/** `address:port` of each portal, the first one first; an IPv6 address in brackets. */
export function portalsOf({
  target_ip_address: first,
  target_secondary_ip_addresses: others = [],
  target_port,
}: Portals) {
  return [first, ...others].map((address) => `${address.includes(':') ? `[${address}]` : address}:${target_port}`);
}

/** Keys are those of Cinder's iSCSI drivers; the plural ones are there when there are several portals. */
export function iscsiConnection(
  { volumeId, chap, readonly }: ExportRequest,
  { iqn, lun, portals }: { readonly iqn: string; readonly lun: number; readonly portals: readonly string[] },
): ConnectionInfo {
  const several = portals.length > 1;
  return {
    driver_volume_type: 'iscsi',
    data: {
      target_discovered: false,
      target_portal: portals[0] ?? '',
      target_iqn: iqn,
      target_lun: lun,
      ...(several
        ? { target_portals: portals, target_iqns: portals.map(() => iqn), target_luns: portals.map(() => lun) }
        : {}),
      volume_id: volumeId,
      ...(chap ? { auth_method: 'CHAP' } : {}),
      encrypted: false,
      qos_specs: null,
      access_mode: readonly ? 'ro' : 'rw',
    },
  };
}
