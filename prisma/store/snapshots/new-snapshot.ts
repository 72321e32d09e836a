// The row of a snapshot that an operation is about to make, owned by that operation from its first moment.
import { lockResource } from '../database/resource-status.ts';
import type { SnapshotRow } from './snapshots.ts';
import type { Transaction } from '../database/transaction.ts';
import type { Metadata } from '../volumes/volumes.ts';

export interface NewSnapshot {
  readonly id: string;
  readonly operationId: string;
  readonly volumeId: string;
  readonly name: string | null;
  readonly description: string | null;
  readonly projectId: string;
  readonly userId: string;
  readonly sizeGib: number;
  readonly volumeTypeId: string | null;
  readonly usesGigabytes: boolean;
  readonly metadata: Metadata;
  readonly groupSnapshotId?: string | null;
  readonly createdAt: Date;
}

/** The volume is not as the request found it. */
export class VolumeChangedError extends Error {
  readonly status: string | null;

  constructor(status: string | null) {
    super(`the volume is ${status ?? 'gone'}`);
    this.status = status;
  }
}

/** Inserts the row in `creating`, if the volume is in one of the statuses and of that size. Throws VolumeChangedError. */
export async function insertSnapshot(
  tx: Transaction,
  snapshot: NewSnapshot,
  volumeStatuses: readonly string[],
): Promise<void> {
  const state = await lockResource(tx, 'volume', snapshot.volumeId);
  if (!state || !volumeStatuses.includes(state.status)) throw new VolumeChangedError(state?.status ?? null);
  const { sizeGib } = await tx.volume.findUniqueOrThrow({
    where: { id: snapshot.volumeId },
    select: { sizeGib: true },
  });
  if (sizeGib !== snapshot.sizeGib) throw new VolumeChangedError('extending');
  await tx.snapshot.create({ data: { ...snapshot, status: 'creating', progress: '0%' } });
}

/** The row as a list would show it right now. */
export function rowOfNewSnapshot(snapshot: NewSnapshot): SnapshotRow {
  return {
    ...snapshot,
    groupSnapshotId: snapshot.groupSnapshotId ?? null,
    status: 'creating',
    progress: '0%',
    metadataJson: JSON.stringify(snapshot.metadata),
    consumesQuota: true,
    createdAt: snapshot.createdAt.toISOString().replace('Z', '000'),
    updatedAt: null,
  };
}
