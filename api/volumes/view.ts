// Volumes as Cinder shows them; what a microversion or the caller's role adds is a table, read once for a whole list.
import type { VolumeAttachmentRow } from '../../prisma/store/attachments/attachments.ts';
import type { VolumeRow } from '../../prisma/store/volumes/volumes.ts';
import type { RequestContext } from '../http/context.ts';
import { resourceLinks } from '../http/links.ts';
import type { Microversion } from '../http/microversion.ts';
import type { Policy } from '../http/policy.ts';
import { volumePolicy } from './policy.ts';
import { microversions } from '../http/microversion-table.ts';

/** Statuses of managing that Cinder does not show. */
const shownStatuses: Readonly<Record<string, string>> = {
  managing: 'creating',
  error_managing: 'error',
  error_managing_deleting: 'deleting',
};

interface AddedField {
  readonly since?: Microversion;
  readonly adminOnly?: true;
  /** Who sees it, where Cinder has a policy for it. */
  readonly policy?: Policy;
  /** Only where an existing volume is shown, not where a request has just made or changed it. */
  readonly onReadOnly?: true;
  readonly key: string;
  readonly value: (row: VolumeRow) => unknown;
}

/** https://docs.openstack.org/cinder/latest/contributor/api_microversion_history.html */
const addedFields: readonly AddedField[] = [
  { key: 'migration_status', adminOnly: true, value: (row) => row.migrationStatus },
  { since: microversions.groups, key: 'group_id', value: (row) => row.groupId },
  { since: microversions.providerId, adminOnly: true, key: 'provider_id', value: () => null },
  // Cinder's default until the driver has spoken; none of ours shares a target between volumes.
  { since: microversions.sharedTargets, key: 'shared_targets', value: (row) => row.host === null },
  { since: microversions.sharedTargets, key: 'service_uuid', value: (row) => row.serviceId },
  { since: microversions.volumeCluster, adminOnly: true, key: 'cluster_name', value: () => null },
  { since: microversions.volumeTypeId, key: 'volume_type_id', value: (row) => row.volumeTypeId },
  { since: microversions.consumesQuota, key: 'consumes_quota', value: (row) => row.consumesQuota },
  {
    onReadOnly: true,
    policy: volumePolicy.showTenant,
    key: 'os-vol-tenant-attr:tenant_id',
    value: (row) => row.projectId,
  },
  {
    onReadOnly: true,
    policy: volumePolicy.showMigration,
    key: 'os-vol-mig-status-attr:migstat',
    value: (row) => row.migrationStatus,
  },
  { onReadOnly: true, policy: volumePolicy.showMigration, key: 'os-vol-mig-status-attr:name_id', value: () => null },
  { onReadOnly: true, policy: volumePolicy.showHost, key: 'os-vol-host-attr:host', value: (row) => row.host },
];

const visibleAdminKeys = ['readonly', 'attached_mode'] as const;

/** The volume's own metadata and, where existing volumes are shown, what Cinder lets users see of the operator's. */
function metadataOf(row: VolumeRow, withAdmin: boolean): Record<string, string> {
  const metadata = row.metadataJson === '{}' ? {} : (JSON.parse(row.metadataJson) as Record<string, string>);
  if (!withAdmin || row.adminMetadataJson === '{}') return metadata;
  const admin = JSON.parse(row.adminMetadataJson) as Record<string, string>;
  for (const key of visibleAdminKeys) if (admin[key] !== undefined) metadata[key] = admin[key];
  return metadata;
}

function attachmentView(attachment: VolumeAttachmentRow, withHost: boolean): object {
  return {
    id: attachment.volumeId,
    attachment_id: attachment.id,
    volume_id: attachment.volumeId,
    server_id: attachment.instanceId,
    host_name: withHost ? attachment.attachedHost : null,
    device: attachment.mountpoint,
    attached_at: attachment.attachedAt,
  };
}

type ViewContext = Parameters<typeof resourceLinks>[0] &
  Pick<RequestContext, 'isAdmin' | 'credentials' | 'atLeast' | 'can'>;

/** created: as the answer to a create, without operators' fields; changed: to an update; shown: show and lists. */
export type VolumeOccasion = 'created' | 'changed' | 'shown';

/** Makes the view of one volume in full, for a request: what depends on the request is worked out only once. */
export function volumeDetailView(
  context: ViewContext,
  occasion: VolumeOccasion,
): (row: VolumeRow, attachments: readonly VolumeAttachmentRow[]) => Record<string, unknown> {
  const { isAdmin } = context;
  // Glance, as a service, has to know where a multiattach volume of its own is attached.
  const seesHosts = isAdmin || context.credentials.roles.includes('service');
  const isRead = occasion === 'shown';
  const added = addedFields.filter(
    ({ since, adminOnly, policy, onReadOnly }) =>
      (since === undefined || context.atLeast(since)) &&
      (!adminOnly || isAdmin) &&
      (policy === undefined || context.can(policy)) &&
      (!onReadOnly || isRead),
  );
  return (row, attachments) => {
    const view: Record<string, unknown> = {
      id: row.id,
      status: shownStatuses[row.status] ?? row.status,
      size: row.sizeGib,
      availability_zone: row.availabilityZone,
      created_at: row.createdAt,
      updated_at: row.updatedAt,
      name: row.name,
      description: row.description,
      volume_type: row.typeName,
      snapshot_id: row.snapshotId,
      source_volid: row.sourceVolumeId,
      metadata: metadataOf(row, occasion !== 'created'),
      links: resourceLinks(context, 'volumes', row.id),
      user_id: row.userId,
      bootable: row.bootable ? 'true' : 'false',
      encrypted: false,
      replication_status: null,
      consistencygroup_id: null,
      multiattach: row.multiattach,
      attachments: attachments.map((attachment) => attachmentView(attachment, seesHosts)),
    };
    for (const { key, value } of added) view[key] = value(row);
    if (isRead && row.imageMetadataJson !== null && row.imageMetadataJson !== '{}') {
      view['volume_image_metadata'] = JSON.parse(row.imageMetadataJson);
    }
    return view;
  };
}

/** id, name and links. */
export function volumeSummaryView(context: ViewContext): (row: VolumeRow) => Record<string, unknown> {
  return (row) => ({ id: row.id, name: row.name, links: resourceLinks(context, 'volumes', row.id) });
}
