// A transaction that is run again when PostgreSQL had to give it up for another one.
import { Prisma, type PrismaClient } from '../../generated/client.ts';

/** A transaction's client; a whole client will do where no transaction is needed. */
export type Transaction = Prisma.TransactionClient;

/** Prisma's code for a write conflict or a deadlock. https://www.prisma.io/docs/orm/reference/error-reference#p2034 */
const conflictCode = 'P2034';
const uniqueCode = 'P2002';
/** Of any statement in SQL; PostgreSQL's own code is in its words. */
const rawCode = 'P2010';
const uniqueViolation = '23505';
const attempts = 5;

/** Runs `work` in a transaction, up to five times when it loses against others. `work` must be repeatable. */
export async function inTransaction<T>(db: PrismaClient, work: (tx: Transaction) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.$transaction(work);
    } catch (error) {
      if (!hasCode(error, conflictCode) || attempt === attempts) throw error;
    }
  }
}

/** Lets `work` read; PostgreSQL refuses whatever it would change. Transactions inside it fail. */
export function readOnly<T>(db: PrismaClient, work: (db: PrismaClient) => Promise<T>): Promise<T> {
  return db.$transaction(async (tx) => {
    await tx.$executeRaw`SET TRANSACTION READ ONLY`;
    return work(tx as PrismaClient);
  });
}

/** True when a row with the same unique key exists already. */
export function isDuplicate(error: unknown): boolean {
  return hasCode(error, uniqueCode) || (hasCode(error, rawCode) && String(error).includes(uniqueViolation));
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === code;
}
