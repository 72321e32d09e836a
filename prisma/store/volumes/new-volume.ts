// The row of a volume that an operation is about to make, owned by that operation from its first moment.
import { Prisma } from '../../generated/client.ts';
import { keepType } from '../types/types.ts';
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
  if (!(await keepType(tx, volume.volumeTypeId))) throw new TypeGoneError(`volume type ${volume.volumeTypeId} is gone`);
  const { schedulerHints, metadata, ...columns } = volume;
  await tx.volume.create({
    data: {
      ...columns,
      status,
      metadata,
      schedulerHints: schedulerHints === null ? Prisma.DbNull : (schedulerHints as Prisma.InputJsonObject),
    },
  });
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
    imageMetadataJson: null,
    createdAt: volume.createdAt.toISOString().replace('Z', '000'),
    updatedAt: null,
    typeName,
    serviceId: null,
  };
}
