// Attachments as the API reads them.
import { isUuid } from '../../../domain/ids.ts';
import { Prisma } from '../../generated/client.ts';
import {
  apiTime,
  columnsOf,
  readPage,
  type ColumnTable,
  type PageRequest,
  type Reader,
  type Source,
} from '../database/page-query.ts';

/** An attachment with its volume's project; times are texts as the API writes them. */
export interface AttachmentRow {
  readonly id: string;
  readonly volumeId: string;
  readonly projectId: string;
  readonly instanceId: string | null;
  readonly attachedHost: string | null;
  readonly mountpoint: string | null;
  readonly attachMode: string | null;
  readonly attachStatus: string;
  readonly connector: Readonly<Record<string, unknown>> | null;
  readonly connectionInfo: Readonly<Record<string, unknown>> | null;
  /** The volume's: what its operators say about it. */
  readonly adminMetadata: Readonly<Record<string, string>>;
  readonly operationId: string | null;
  readonly attachedAt: string | null;
  readonly detachedAt: string | null;
}

/** What lists may sort and filter by. */
export const attachmentColumns: ColumnTable = columnsOf({
  id: ['a.id', 'uuid'],
  volumeId: ['a.volume_id', 'uuid'],
  instanceId: ['a.instance_id', 'text', 'nullable'],
  attachedHost: ['a.attached_host', 'text', 'nullable'],
  mountpoint: ['a.mountpoint', 'text', 'nullable'],
  attachMode: ['a.attach_mode', 'text', 'nullable'],
  attachStatus: ['a.attach_status', 'text'],
  attachedAt: ['a.attached_at', 'timestamp', 'nullable'],
  detachedAt: ['a.detached_at', 'timestamp', 'nullable'],
  createdAt: ['a.created_at', 'timestamp'],
  updatedAt: ['a.updated_at', 'timestamp', 'nullable'],
});

const selected = Prisma.sql`a.id, a.volume_id AS "volumeId", v.project_id AS "projectId",
  a.instance_id AS "instanceId", a.attached_host AS "attachedHost", a.mountpoint, a.attach_mode AS "attachMode",
  a.attach_status AS "attachStatus", a.connector, a.connection_info AS "connectionInfo",
  v.admin_metadata AS "adminMetadata", a.operation_id AS "operationId", ${apiTime(Prisma.sql`a.attached_at`)} AS "attachedAt",
  ${apiTime(Prisma.sql`a.detached_at`)} AS "detachedAt"`;

const joined = Prisma.sql`attachments a JOIN volumes v ON v.id = a.volume_id`;

/** `projectId` null: every project's. An attachment belongs to its volume's project. */
function source(projectId: string | null): Source {
  const live = Prisma.sql`a.deleted_at IS NULL`;
  return {
    from: joined,
    columns: attachmentColumns,
    always: projectId === null ? live : Prisma.sql`v.project_id = ${projectId} AND ${live}`,
  };
}

/** A page of live attachments; null when the marker is none of them. */
export function listAttachments(
  db: Reader,
  projectId: string | null,
  page: PageRequest,
): Promise<AttachmentRow[] | null> {
  return readPage<AttachmentRow>(db, source(projectId), selected, page);
}

/** A live attachment, of any project when `projectId` is null; null when there is none. */
export async function findAttachment(db: Reader, id: string, projectId: string | null): Promise<AttachmentRow | null> {
  if (!isUuid(id)) return null;
  const rows = await db.$queryRaw<AttachmentRow[]>`
    SELECT ${selected} FROM ${joined} WHERE a.id = ${id}::uuid AND ${source(projectId).always}`;
  return rows[0] ?? null;
}

/** All live attachments of a volume, oldest first. */
export function attachmentsOf(db: Reader, volumeId: string): Promise<AttachmentRow[]> {
  return db.$queryRaw<AttachmentRow[]>`
    SELECT ${selected} FROM ${joined}
    WHERE a.volume_id = ${volumeId}::uuid AND a.deleted_at IS NULL ORDER BY a.created_at, a.id`;
}

/** The live attachments of an instance, oldest first. */
export function attachmentsOfInstance(
  db: Reader,
  instanceId: string,
  projectId: string | null,
): Promise<AttachmentRow[]> {
  return db.$queryRaw<AttachmentRow[]>`
    SELECT ${selected} FROM ${joined}
    WHERE a.instance_id = ${instanceId} AND ${source(projectId).always} ORDER BY a.created_at, a.id`;
}

/** What a volume's own view shows of an attachment. */
export interface VolumeAttachmentRow {
  readonly id: string;
  readonly volumeId: string;
  readonly instanceId: string | null;
  readonly attachedHost: string | null;
  readonly mountpoint: string | null;
  readonly attachedAt: string | null;
}

/** The attached attachments of many volumes in one query, by volume. */
export async function attachedByVolume(
  db: Reader,
  volumeIds: readonly string[],
): Promise<ReadonlyMap<string, readonly VolumeAttachmentRow[]>> {
  const byVolume = new Map<string, VolumeAttachmentRow[]>();
  if (volumeIds.length === 0) return byVolume;
  const rows = await db.$queryRaw<VolumeAttachmentRow[]>`
    SELECT a.id, a.volume_id AS "volumeId", a.instance_id AS "instanceId", a.attached_host AS "attachedHost",
      a.mountpoint, ${apiTime(Prisma.sql`a.attached_at`)} AS "attachedAt"
    FROM attachments a
    WHERE a.volume_id = ANY(${volumeIds}::uuid[]) AND a.deleted_at IS NULL AND a.attach_status = 'attached'
    ORDER BY a.created_at, a.id`;
  for (const row of rows) {
    const found = byVolume.get(row.volumeId);
    if (found) found.push(row);
    else byVolume.set(row.volumeId, [row]);
  }
  return byVolume;
}

/** Which volumes each of many instances has, in one query. */
export async function instanceVolumes(
  db: Reader,
  instanceIds: readonly string[],
  projectId: string | null,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const volumes = new Map<string, string[]>();
  if (instanceIds.length === 0) return volumes;
  const rows = await db.$queryRaw<{ instanceId: string; volumeId: string }[]>`
    SELECT a.instance_id AS "instanceId", a.volume_id AS "volumeId" FROM ${joined}
    WHERE a.instance_id = ANY(${instanceIds}::text[]) AND ${source(projectId).always} ORDER BY a.created_at, a.id`;
  for (const { instanceId, volumeId } of rows) volumes.set(instanceId, [...(volumes.get(instanceId) ?? []), volumeId]);
  return volumes;
}
