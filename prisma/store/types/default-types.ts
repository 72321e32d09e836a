// Which volume type a project's volumes get when none is asked for, where that is not the configuration's.
import type { DefaultVolumeType } from '../../generated/client.ts';
import type { Transaction } from '../database/transaction.ts';

export type { DefaultVolumeType };

export function findDefaultType(db: Transaction, projectId: string): Promise<DefaultVolumeType | null> {
  return db.defaultVolumeType.findUnique({ where: { projectId } });
}

/** All of them, by project; a cloud has a handful, and Cinder's list has no pages. */
export function listDefaultTypes(db: Transaction): Promise<DefaultVolumeType[]> {
  return db.defaultVolumeType.findMany({ orderBy: { projectId: 'asc' } });
}

export function setDefaultType(tx: Transaction, projectId: string, volumeTypeId: string): Promise<DefaultVolumeType> {
  return tx.defaultVolumeType.upsert({
    where: { projectId },
    create: { projectId, volumeTypeId },
    update: { volumeTypeId },
  });
}

export async function unsetDefaultType(tx: Transaction, projectId: string): Promise<void> {
  await tx.defaultVolumeType.deleteMany({ where: { projectId } });
}

/** True when some project's volumes get this type by default. */
export async function isSomebodysDefault(db: Transaction, volumeTypeId: string): Promise<boolean> {
  return (await db.defaultVolumeType.findFirst({ where: { volumeTypeId } })) !== null;
}
