// Writes the libvirt definition of a volume's disk.
// https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms
import { z } from 'zod';
import { StorageError } from '../../../domain/storage-errors.ts';
import type { ConnectionInfo } from '../../target/target.ts';
import { rbdConnectionSchema } from '../librbd/connection.ts';
import { escapeXml } from './xml.ts';

/** What libvirt can be told; a share on NFS has been mounted, so that its file is local. */
export type DiskConnection = ConnectionInfo & { readonly driver_volume_type: 'iscsi' | 'local' | 'rbd' };

export interface DiskSpec {
  readonly volumeId: string;
  readonly connection: DiskConnection;
  /** Who logs in, and the libvirt secret that holds the password; null without CHAP. */
  readonly auth: { readonly username: string; readonly secretUuid: string } | null;
  /** `vdb`. */
  readonly target: string;
  readonly readonly: boolean;
}

/** Where an iSCSI connection leads. Throws as diskXml does. */
export function portalOf(spec: Pick<DiskSpec, 'volumeId' | 'connection'>): { host: string; port: number } {
  const { target_portal: portal } = readable(iscsiSchema, spec);
  const colon = portal.lastIndexOf(':');
  return { host: portal.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(portal.slice(colon + 1)) };
}

/** Where an RBD connection leads. Throws as diskXml does. */
export function monitorsOf(spec: Pick<DiskSpec, 'volumeId' | 'connection'>): { host: string; port: number }[] {
  const { hosts, ports } = readable(rbdConnectionSchema, spec);
  return hosts.map((host, index) => ({ host, port: Number(ports[index] ?? 6789) }));
}

const iscsiSchema = z.object({
  target_portal: z
    .string()
    .regex(/^(\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}$/)
    .refine((portal) => Number(portal.slice(portal.lastIndexOf(':') + 1)) <= 65_535),
  target_iqn: z.string().min(1).max(223),
  target_lun: z.coerce.number().int().min(0).max(255),
});

const localSchema = z.object({
  device_path: z.string().startsWith('/'),
  format: z.enum(['raw', 'qcow2']).default('raw'),
});

const sources: Readonly<Record<DiskConnection['driver_volume_type'], (spec: DiskSpec) => DiskSource>> = {
  iscsi: iscsiSource,
  local: localSource,
  rbd: rbdSource,
};

interface DiskSource {
  readonly type: string;
  readonly source: string;
  readonly format?: string;
}

/** XML for `virsh attach-device`. Throws StorageError UnexpectedOutput for a connection that it cannot read. */
export function diskXml(spec: DiskSpec): string {
  const { type, source, format = 'raw' } = sources[spec.connection.driver_volume_type](spec);
  return `<disk type='${type}' device='disk'>
  <driver name='qemu' type='${format}' cache='none'/>
  ${source}
  <target dev='${escapeXml(spec.target)}' bus='virtio'/>
  <serial>${escapeXml(spec.volumeId)}</serial>${spec.readonly ? '\n  <readonly/>' : ''}
</disk>
`;
}

function iscsiSource(spec: DiskSpec): DiskSource {
  const data = readable(iscsiSchema, spec);
  const { host, port } = portalOf(spec);
  const auth =
    spec.auth === null
      ? ''
      : `<auth username='${escapeXml(spec.auth.username)}'><secret type='iscsi' uuid='${escapeXml(spec.auth.secretUuid)}'/></auth>`;
  const name = escapeXml(`${data.target_iqn}/${data.target_lun}`);
  return {
    type: 'network',
    source: `<source protocol='iscsi' name='${name}'><host name='${escapeXml(host)}' port='${port}'/>${auth}</source>`,
  };
}

/** The client's key is in the secret that the operator has given to libvirt on every compute host, as for Nova. */
function rbdSource(spec: DiskSpec): DiskSource {
  const data = readable(rbdConnectionSchema, spec);
  const hosts = monitorsOf(spec).map(({ host, port }) => `<host name='${escapeXml(host)}' port='${port}'/>`);
  const auth =
    data.auth_username === null || data.secret_uuid === null
      ? ''
      : `<auth username='${escapeXml(data.auth_username)}'><secret type='ceph' uuid='${escapeXml(data.secret_uuid)}'/></auth>`;
  const name = escapeXml(`${data.name.pool}/${data.name.image}`);
  return { type: 'network', source: `<source protocol='rbd' name='${name}'>${hosts.join('')}${auth}</source>` };
}

function localSource(spec: DiskSpec): DiskSource {
  const { device_path, format } = readable(localSchema, spec);
  const path = escapeXml(device_path);
  const isBlock = path.startsWith('/dev/');
  return isBlock
    ? { type: 'block', source: `<source dev='${path}'/>` }
    : { type: 'file', source: `<source file='${path}'/>`, format };
}

function readable<T>(schema: z.ZodType<T>, { connection, volumeId }: Pick<DiskSpec, 'volumeId' | 'connection'>): T {
  const parsed = schema.safeParse(connection.data);
  if (parsed.success) return parsed.data;
  throw new StorageError(
    'UnexpectedOutput',
    `the ${connection.driver_volume_type} connection of volume ${volumeId} cannot be used: ${z.prettifyError(parsed.error)}`,
  );
}
