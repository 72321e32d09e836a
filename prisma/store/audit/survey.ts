// Compares one page of what a back-end has with the rows that say what it should have.
import type { AuditClass, AuditDifference } from '../../../domain/audit-classes.ts';
import { Prisma, type PrismaClient } from '../../generated/client.ts';
import { compareExports } from './exports.ts';
import { highest, isBusy, lowest, type SurveyedRange } from './range.ts';

export type { SurveyedRange };

interface KnownRow {
  readonly id: string;
  readonly status: string;
  readonly sizeGib: number;
  /** host@backend, or null before it is placed. */
  readonly place: string | null;
  readonly deleted: boolean;
  /** An unfinished operation is about it: what there is now says nothing. */
  readonly busy: boolean;
}

/** What differs on this page. A difference may be a race with something that just ended: look twice. */
export async function compareSurvey(db: PrismaClient, range: SurveyedRange): Promise<AuditDifference[]> {
  if (range.kind === 'export') return compareExports(db, range);
  const rows = await knownRows(db, range);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const unknown = range.found.map(({ id }) => id).filter((id) => !byId.has(id));
  const copies = range.kind === 'volume' ? await copiesOf(db, unknown) : new Map<string, MovedCopy>();
  const here = new Set(range.found.map(({ id }) => id));
  const make = (of: AuditClass, id: string, detail: string, repairable = false): AuditDifference => ({
    ...{ class: of, place: range.host, resourceType: range.kind, resourceId: id, detail, repairable },
  });
  const surplus = range.found.flatMap(({ id, sizeGib }) => {
    const row = byId.get(id);
    const copy = copies.get(id);
    if (copy) return copy.busy ? [] : make('orphan', id, wordsOf(copy), !copy.switched);
    if (!row) return make('orphan', id, 'no row has ever had this id here: find out whose it is');
    if (row.busy) return [];
    if (row.deleted) return make('orphan', id, `its row is deleted`, row.place === range.host);
    if (row.place !== range.host) return make('orphan', id, `its row says that it is on ${row.place ?? 'no back-end'}`);
    if (sizeGib !== null && sizeGib < row.sizeGib) {
      return make('size-differs', id, `${sizeGib} GiB are there, its row says ${row.sizeGib} GiB`);
    }
    return [];
  });
  const lacking = rows.filter(
    (row) =>
      !row.deleted && !row.busy && row.place === range.host && !row.status.startsWith('error') && !here.has(row.id),
  );
  return [...surplus, ...lacking.map((row) => make('missing', row.id, `its row is ${row.status}, ${row.sizeGib} GiB`))];
}

/** Storage that bears the id of a migration or a retype: the copy that it makes of its volume. */
interface MovedCopy {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly volumeId: string;
  readonly busy: boolean;
  /** The copy had become the volume: it holds the only bytes there are. */
  readonly switched: boolean;
}

async function copiesOf(db: PrismaClient, ids: readonly string[]): Promise<Map<string, MovedCopy>> {
  if (ids.length === 0) return new Map();
  const rows = await db.$queryRaw<MovedCopy[]>`
    SELECT id::text, kind, state, resource_id::text AS "volumeId", finished_at IS NULL AS busy,
      coalesce(checkpoint ->> 'moved', '') <> '' AS switched
    FROM operations WHERE id = ANY (${ids}::uuid[]) AND kind IN ('volumeMigrate', 'volumeRetype')`;
  return new Map(rows.map((row) => [row.id, row]));
}

const wordsOf = ({ id, kind, state, volumeId, switched }: MovedCopy): string =>
  switched
    ? `it holds the bytes of volume ${volumeId}: ${kind} ${id} ended (${state}) before it gave them the volume's name`
    : `what ${kind} ${id} of volume ${volumeId}, which has ended (${state}), had copied`;

/** Rows of what was found, and live rows of this place within the range. */
function knownRows(db: PrismaClient, { kind, host, found, after, upTo }: SurveyedRange): Promise<KnownRow[]> {
  const ids = found.map(({ id }) => id);
  const volumes = Prisma.sql`SELECT id, status, size_gib, host, deleted_at FROM volumes`;
  // A backup's temporary snapshot has the backup's id, and is deleted with the operation that took it.
  const snapshots = Prisma.sql`
    SELECT s.id, s.status, s.size_gib, v.host, s.deleted_at FROM snapshots AS s JOIN volumes AS v ON v.id = s.volume_id
    UNION ALL SELECT b.id, b.status, b.size_gib, v.host, b.created_at FROM backups AS b
      JOIN volumes AS v ON v.id = b.volume_id`;
  return db.$queryRaw<KnownRow[]>`
    WITH known AS (${kind === 'volume' ? volumes : snapshots})
    SELECT id::text, status, size_gib AS "sizeGib", split_part(host, '#', 1) AS place,
      deleted_at IS NOT NULL AS deleted, ${isBusy(Prisma.sql`known.id`)} AS busy
    FROM known WHERE id = ANY (${ids}::uuid[]) OR (deleted_at IS NULL AND split_part(host, '#', 1) = ${host}
      AND id > ${after ?? lowest}::uuid AND id <= ${upTo ?? highest}::uuid)`;
}
