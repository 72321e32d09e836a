// Limits that are compared with one request instead of being counted.
import type { Reader } from '../database/page-query.ts';

/** The project's own limit, else the configuration's; -1 for none. */
export async function limitOf(
  db: Reader,
  projectId: string,
  resource: string,
  defaults: Readonly<Record<string, number>>,
): Promise<number> {
  const rows = await db.$queryRaw<{ limit: number }[]>`
    SELECT hard_limit AS limit FROM quota_limits WHERE project_id = ${projectId} AND resource = ${resource}`;
  return rows[0]?.limit ?? defaults[resource] ?? -1;
}
