// Finds the volume type that a request names, among those that its caller may see.
import { findType, lockType, type VolumeType } from '../../prisma/store/types/types.ts';
import type { Transaction } from '../../prisma/store/database/transaction.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';

/** Throws VolumeTypeNotFound. */
export async function mustFindType(db: Transaction, context: RequestContext, id: string): Promise<VolumeType> {
  const type = await findType(db, context, id);
  if (!type) throw new ApiError('VolumeTypeNotFound', { volume_type_id: id });
  return type;
}

/** Locks the type until the transaction ends and answers it as it is then. Throws VolumeTypeNotFound. */
export async function mustLockType(tx: Transaction, context: RequestContext, id: string): Promise<VolumeType> {
  await mustFindType(tx, context, id);
  await lockType(tx, id);
  return mustFindType(tx, context, id);
}
