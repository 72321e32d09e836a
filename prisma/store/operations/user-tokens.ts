// The token of who asked for an operation, sealed, from its acceptance to its end: for services that are asked on their behalf.
import type { OperationKind } from '../../../domain/operations.ts';
import type { Prisma, PrismaClient } from '../../generated/client.ts';
import { seal, unseal } from '../database/sealed.ts';
import type { Transaction } from '../database/transaction.ts';

const contextOf = (operationId: string): string => `operations/${operationId}/token`;

/** Kinds that may have one. */
const kinds: ReadonlySet<OperationKind> = new Set(['volumeCreate', 'volumeUpload', 'volumeReimage']);

/** Keeps it in the transaction that accepts the operation. */
export async function keepUserToken(
  tx: Transaction,
  secretKey: string,
  { operationId, token }: { readonly operationId: string; readonly token: string },
): Promise<void> {
  await tx.operationToken.create({ data: { operationId, token: seal(secretKey, contextOf(operationId), token) } });
}

/** Null when none was kept. Throws UnsealError. */
export async function readUserToken(db: PrismaClient, secretKey: string, operationId: string): Promise<string | null> {
  const row = await db.operationToken.findUnique({ where: { operationId } });
  return row && unseal(secretKey, contextOf(operationId), row.token);
}

/** Nobody asks on anybody's behalf once the operation is over. */
export async function forgetUserToken(
  tx: Prisma.TransactionClient,
  { id, kind, input }: { readonly id: string; readonly kind: OperationKind; readonly input: object },
): Promise<void> {
  if (!kinds.has(kind) || !('imageId' in input)) return;
  await tx.operationToken.deleteMany({ where: { operationId: id } });
}
