// Which of the objects found on a back-end are volumes and snapshots of Scoria's.
import type { Reader } from './page-query.ts';

export interface KnownObject {
  readonly id: string;
  /** A snapshot's volume; null for a volume. */
  readonly volumeId: string | null;
}

/** Of these ids, the live ones on `serviceHost` (host@backend), by id. */
export async function knownObjects(
  db: Reader,
  serviceHost: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, KnownObject>> {
  if (ids.length === 0) return new Map();
  const rows = await db.$queryRaw<KnownObject[]>`
    SELECT id, NULL AS "volumeId" FROM volumes
      WHERE id = ANY (${[...ids]}::uuid[]) AND deleted_at IS NULL AND split_part(host, '#', 1) = ${serviceHost}
    UNION ALL SELECT s.id, v.id FROM snapshots s JOIN volumes v ON v.id = s.volume_id
      WHERE s.id = ANY (${[...ids]}::uuid[]) AND s.deleted_at IS NULL AND split_part(v.host, '#', 1) = ${serviceHost}`;
  return new Map(rows.map((row) => [row.id, row]));
}

/** True while a live volume has this id: its storage is not up for managing. */
export async function isLiveVolume(db: Reader, id: string): Promise<boolean> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id FROM volumes WHERE id = ${id}::uuid AND deleted_at IS NULL`;
  return rows.length > 0;
}
