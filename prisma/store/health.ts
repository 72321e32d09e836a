// Whether the database answers.
import type { PrismaClient } from '../generated/client.ts';

/** Throws when it does not. */
export async function pingDatabase(db: PrismaClient): Promise<void> {
  await db.$queryRaw`SELECT 1`;
}
