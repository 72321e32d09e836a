// A backup's record in Cinder's form: JSON in base64 that says all that a restore needs, for another database to import.
// https://github.com/openstack/cinder/blob/29.0.0/cinder/objects/backup.py
import { z } from 'zod';
import { isUuid } from '../../domain/ids.ts';
import type { BackupRow } from '../../prisma/store/backups/backups.ts';
import { ApiError } from '../http/errors.ts';

const seconds = (time: string | null): string | null => (time === null ? null : `${time.slice(0, 19)}Z`);

/** `objectPrefix`: what the names of its objects begin with. */
export function encodeRecord(backup: BackupRow, objectPrefix: string): string {
  const record = {
    driver_info: {},
    id: backup.id,
    user_id: backup.userId,
    project_id: backup.projectId,
    volume_id: backup.volumeId,
    host: backup.host,
    availability_zone: backup.availabilityZone,
    container: backup.container,
    parent_id: backup.parentId,
    status: backup.status,
    fail_reason: backup.failReason,
    size: backup.sizeGib,
    display_name: backup.name,
    display_description: backup.description,
    service_metadata: objectPrefix,
    service: backup.service,
    object_count: backup.objectCount,
    temp_volume_id: null,
    temp_snapshot_id: null,
    num_dependent_backups: backup.hasDependents ? 1 : 0,
    snapshot_id: backup.snapshotId,
    data_timestamp: seconds(backup.dataTimestamp),
    restore_volume_id: null,
    metadata: JSON.parse(backup.metadataJson) as unknown,
    encryption_key_id: null,
    created_at: seconds(backup.createdAt),
    updated_at: seconds(backup.updatedAt),
    deleted_at: null,
    deleted: false,
  };
  return Buffer.from(JSON.stringify(record)).toString('base64');
}

const uuid = z.string().refine(isUuid);
const word = z.string().max(255).nullable().optional();

const recordSchema = z.object({
  id: uuid,
  size: z.number().int().min(0),
  volume_id: uuid,
  parent_id: uuid.nullable().optional(),
  host: word,
  container: word,
  service_metadata: word,
  object_count: z.number().int().min(0),
  display_name: word,
  display_description: word,
  metadata: z.record(z.string(), z.string()).nullable().optional(),
  created_at: z.string().nullable().optional(),
  data_timestamp: z.string().nullable().optional(),
});

export type BackupRecord = z.output<typeof recordSchema>;

const refuse = (reason: string): never => {
  throw new ApiError('InvalidInput', { reason });
};

/** Throws InvalidInput for what is no record. */
export function decodeRecord(text: string): BackupRecord {
  const decoded = parse(text);
  if (typeof decoded !== 'object' || decoded === null) return refuse("Can't parse backup record.");
  if (!('id' in decoded)) return refuse('Provided backup record is missing an id');
  if (!('size' in decoded)) return refuse('Provided backup record is missing size attribute');
  const { success, data, error } = recordSchema.safeParse(decoded);
  if (success) return data;
  const fields = [...new Set(error.issues.map(({ path }) => String(path[0])))].join(', ');
  return refuse(`The backup record has missing or wrong fields (${fields}).`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
  } catch {
    return refuse("Can't parse backup record.");
  }
}
