// Availability zones and volume services, as their rows say.
import type { Reader } from '../database/page-query.ts';

/** True when a volume service is in the zone. */
export async function hasVolumeZone(db: Reader, zone: string): Promise<boolean> {
  const rows = await db.$queryRaw<unknown[]>`
    SELECT 1 FROM services WHERE "binary" = 'cinder-volume' AND availability_zone = ${zone} LIMIT 1`;
  return rows.length > 0;
}

/** How many volume services there are, disabled ones included. */
export async function countVolumeServices(db: Reader): Promise<number> {
  const rows = await db.$queryRaw<{ count: bigint }[]>`
    SELECT count(*) AS count FROM services WHERE "binary" = 'cinder-volume'`;
  return Number(rows[0]?.count ?? 0);
}
