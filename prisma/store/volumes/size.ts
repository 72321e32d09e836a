// A volume's size, read under its lock: what an extend has been worked out from must still be true.
import { lockResource, type ResourceState } from '../database/resource-status.ts';
import type { Transaction } from '../database/transaction.ts';

/** Locks the volume; null when it is gone. */
export async function lockWithSize(
  tx: Transaction,
  id: string,
): Promise<(ResourceState & { readonly sizeGib: number }) | null> {
  const state = await lockResource(tx, 'volume', id);
  if (!state) return null;
  const { sizeGib } = await tx.volume.findUniqueOrThrow({ where: { id }, select: { sizeGib: true } });
  return { ...state, sizeGib };
}
