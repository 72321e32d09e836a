// The row of a volume that an operation is about to make, owned by that operation from its first moment.
import type { Transaction } from '../database/transaction.ts';
import type { Metadata, VolumeRow } from './volumes.ts';

export interface NewVolume {
  readonly id: string;
  readonly operationId: string;
  readonly name: string | null;
  readonly description: string | null;
  readonly projectId: string;
  readonly userId: string;
  readonly sizeGib: number;
  readonly availabilityZone: string;
  readonly volumeTypeId: string;
  readonly snapshotId: string | null;
  readonly sourceVolumeId: string | null;
  readonly bootable: boolean;
  readonly multiattach: boolean;
  readonly metadata: Metadata;
  /** What it inherits of an image's description; left out or null: nothing. */
  readonly imageMetadata?: Metadata | null;
  readonly schedulerHints: Readonly<Record<string, unknown>> | null;
  readonly groupId?: string | null;
  readonly createdAt: Date;
}

/** The type has been deleted since it was looked up. */
export class TypeGoneError extends Error {}

/** Inserts the row in its first status; its type stays until the transaction has ended. Throws TypeGoneError. */
export async function insertVolume(
  tx: Transaction,
  volume: NewVolume,
  status: 'creating' | 'managing' = 'creating',
): Promise<void> {
  const { id, operationId, name, description, projectId, userId, sizeGib, availabilityZone } = volume;
  const { volumeTypeId, snapshotId, sourceVolumeId, bootable, multiattach, createdAt } = volume;
  const imageMetadata = volume.imageMetadata ? JSON.stringify(volume.imageMetadata) : null;
  const hints = volume.schedulerHints === null ? null : JSON.stringify(volume.schedulerHints);
  const inserted = await tx.$executeRaw`
    WITH type AS (SELECT id FROM volume_types WHERE id = ${volumeTypeId}::uuid AND deleted_at IS NULL FOR SHARE)
    INSERT INTO volumes (id, operation_id, name, description, project_id, user_id, size_gib, status, availability_zone,
      volume_type_id, snapshot_id, source_volume_id, bootable, multiattach, metadata, image_metadata, scheduler_hints,
      group_id, created_at)
    SELECT ${id}::uuid, ${operationId}::uuid, ${name}, ${description}, ${projectId}, ${userId}, ${sizeGib}, ${status},
      ${availabilityZone}, type.id, ${snapshotId}::uuid, ${sourceVolumeId}::uuid, ${bootable}, ${multiattach},
      ${JSON.stringify(volume.metadata)}::jsonb, ${imageMetadata}::jsonb, ${hints}::jsonb,
      ${volume.groupId ?? null}::uuid, ${createdAt.toISOString()}::timestamp
    FROM type`;
  if (inserted === 0) throw new TypeGoneError(`volume type ${volumeTypeId} is gone`);
}

/** The row as a list would show it right now, without asking the database for it. */
export function rowOfNew(volume: NewVolume, typeName: string): VolumeRow {
  return {
    ...volume,
    groupId: volume.groupId ?? null,
    status: 'creating',
    attachStatus: 'detached',
    migrationStatus: null,
    host: null,
    consumesQuota: true,
    metadataJson: JSON.stringify(volume.metadata),
    adminMetadataJson: '{}',
    imageMetadataJson: volume.imageMetadata ? JSON.stringify(volume.imageMetadata) : null,
    createdAt: volume.createdAt.toISOString().replace('Z', '000'),
    updatedAt: null,
    typeName,
    serviceId: null,
  };
}
