// The encryption of volume types.
import type { VolumeTypeEncryption } from '../../generated/client.ts';
import { isDuplicate, type Transaction } from '../database/transaction.ts';

export type { VolumeTypeEncryption };

export interface EncryptionChange {
  readonly provider?: string;
  readonly controlLocation?: string;
  readonly cipher?: string | null;
  readonly keySizeBits?: number | null;
}

/** The type has an encryption already. */
export class EncryptionExistsError extends Error {}

export function findEncryption(db: Transaction, volumeTypeId: string): Promise<VolumeTypeEncryption | null> {
  return db.volumeTypeEncryption.findUnique({ where: { volumeTypeId } });
}

/** Throws EncryptionExistsError. */
export async function createEncryption(
  tx: Transaction,
  encryption: EncryptionChange & {
    readonly id: string;
    readonly volumeTypeId: string;
    readonly provider: string;
    readonly controlLocation: string;
  },
): Promise<void> {
  await tx.volumeTypeEncryption.create({ data: encryption }).catch((error: unknown) => {
    if (isDuplicate(error)) throw new EncryptionExistsError();
    throw error;
  });
}

/** False when the type has none. */
export async function updateEncryption(
  tx: Transaction,
  volumeTypeId: string,
  change: EncryptionChange,
): Promise<boolean> {
  const data = { ...change, updatedAt: new Date() };
  return (await tx.volumeTypeEncryption.updateMany({ where: { volumeTypeId }, data })).count > 0;
}

/** False when the type had none. */
export async function deleteEncryption(tx: Transaction, volumeTypeId: string): Promise<boolean> {
  return (await tx.volumeTypeEncryption.deleteMany({ where: { volumeTypeId } })).count > 0;
}
