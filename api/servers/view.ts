// Servers and volume attachments as Nova 2.1 shows them.
// https://docs.openstack.org/api-ref/compute/
import type { AttachmentRow } from '../../prisma/store/attachments/attachments.ts';
import type { ServerRow } from '../../prisma/store/attachments/servers.ts';
import type { Link } from '../http/links.ts';

/** Where this API is: `http://host:8776/compute/v2.1`. */
export interface ServerViewContext {
  readonly computeUrl: string;
  readonly bookmarkUrl: string;
  readonly projectId: string;
  readonly userId: string;
  readonly availabilityZone: string;
}

/** Nova's numbers of what a hypervisor does with a server. */
const powerStates: Readonly<Record<string, number>> = { ACTIVE: 1, PAUSED: 3, SHUTOFF: 4, ERROR: 6, SUSPENDED: 7 };
const vmStates: Readonly<Record<string, string>> = {
  ACTIVE: 'active',
  PAUSED: 'paused',
  SHUTOFF: 'stopped',
  ERROR: 'error',
  SUSPENDED: 'suspended',
};

const linksOf = ({ computeUrl, bookmarkUrl }: ServerViewContext, id: string): Link[] => [
  { rel: 'self', href: `${computeUrl}/servers/${id}` },
  { rel: 'bookmark', href: `${bookmarkUrl}/compute/servers/${id}` },
];

/** Nova's times have whole seconds and a Z. */
const novaTime = (time: string): string => `${time.slice(0, 19)}Z`;

export function serverSummaryView(context: ServerViewContext): (row: ServerRow) => Record<string, unknown> {
  return ({ id, name }) => ({ id, name, links: linksOf(context, id) });
}

/** A server in full; `volumeIds` are those attached to it. */
export function serverDetailView(
  context: ServerViewContext,
): (row: ServerRow, volumeIds: readonly string[]) => Record<string, unknown> {
  return (row, volumeIds) => ({
    id: row.id,
    name: row.name,
    status: row.status,
    // Libvirt's domains belong to no project: everybody sees them as theirs.
    tenant_id: context.projectId,
    user_id: context.userId,
    metadata: {},
    hostId: row.host,
    image: '',
    flavor: { id: `${row.vcpus}-${row.memoryMib}`, links: [] },
    created: novaTime(row.createdAt),
    updated: novaTime(row.reportedAt),
    addresses: {},
    accessIPv4: '',
    accessIPv6: '',
    links: linksOf(context, row.id),
    progress: 0,
    config_drive: '',
    key_name: null,
    security_groups: [],
    'OS-DCF:diskConfig': 'MANUAL',
    'OS-EXT-AZ:availability_zone': context.availabilityZone,
    'OS-EXT-SRV-ATTR:host': row.host,
    'OS-EXT-SRV-ATTR:hypervisor_hostname': row.host,
    'OS-EXT-SRV-ATTR:instance_name': row.name,
    'OS-EXT-STS:power_state': powerStates[row.status] ?? 0,
    'OS-EXT-STS:task_state': null,
    'OS-EXT-STS:vm_state': vmStates[row.status] ?? 'unknown',
    'OS-SRV-USG:launched_at': row.createdAt,
    'OS-SRV-USG:terminated_at': null,
    'os-extended-volumes:volumes_attached': volumeIds.map((id) => ({ id })),
  });
}

/** As os-volume_attachments shows it: named by its volume, as Nova does. */
export function volumeAttachmentView(
  attachment: Pick<AttachmentRow, 'volumeId' | 'mountpoint'>,
  serverId: string,
): Record<string, unknown> {
  return {
    id: attachment.volumeId,
    volumeId: attachment.volumeId,
    serverId,
    device: attachment.mountpoint,
    tag: null,
    delete_on_termination: false,
  };
}

/** The document by which clients find out which Compute API this is: 2.1, without newer microversions. */
export function computeVersionView(computeUrl: string): Record<string, unknown> {
  return {
    id: 'v2.1',
    status: 'CURRENT',
    version: '2.1',
    min_version: '2.1',
    updated: '2013-07-23T11:33:21Z',
    links: [{ rel: 'self', href: `${computeUrl}/` }],
  };
}
