// Compares one page of what a host exports with the attachments that say what it should.
import type { AuditClass, AuditDifference } from '../../../domain/audit-classes.ts';
import { parsePoolAddress } from '../../../domain/backend-host.ts';
import { Prisma, type PrismaClient } from '../../generated/client.ts';
import { highest, isBusy, lowest, type SurveyedRange } from './range.ts';

/** Statuses in which a client may have connected, or be about to. */
const connecting = [
  'attaching',
  'detaching',
  'in-use',
  'reserved',
  'maintenance',
  'error_attaching',
  'error_detaching',
];

interface ExportRow {
  readonly id: string;
  readonly busy: boolean;
  /** A volume, snapshot or backup of ours has, or had, this id. */
  readonly known: boolean;
  /** host@backend of its volume; null where that is nowhere. */
  readonly place: string | null;
  readonly used: boolean;
  /** A client has connected without an attachment, by os-initialize_connection, and has not said that it let go. */
  readonly askedFor: boolean;
}

/** Exports that nobody needs, and attachments without one. A server of targets is its host's: others' exports are theirs. */
export async function compareExports(db: PrismaClient, range: SurveyedRange): Promise<AuditDifference[]> {
  const { host } = range;
  const ids = range.found.map(({ id }) => id);
  const [known, wanted] = [await knownExports(db, ids), await wantedExports(db, range)];
  const make = (of: AuditClass, id: string, detail: string, repairable: boolean): AuditDifference => ({
    ...{ class: of, place: host, resourceType: 'export', resourceId: id, detail, repairable },
  });
  const surplus = known
    .filter((one) => !one.busy && !(one.used && one.place === host) && !isOfNeighbour(one.place, host))
    .map((one) => {
      if (!one.known) return make('stale-target', one.id, 'no row has ever had this id: find out whose it is', false);
      if (!one.askedFor) return make('stale-target', one.id, 'nothing is attached and no operation uses it', true);
      const detail = 'a client asked for it by os-initialize_connection, and has not let go: ask it';
      return make('stale-target', one.id, detail, false);
    });
  const missing = wanted
    .filter((one) => !one.busy && !ids.includes(one.id))
    .map(({ id }) => make('missing-target', id, 'something is attached, and it is not exported', false));
  return [...surplus, ...missing];
}

/** Another back-end of the same machine, which may share its server of targets. */
const isOfNeighbour = (place: string | null, host: string): boolean =>
  place !== null && place !== host && parsePoolAddress(place).host === parsePoolAddress(host).host;

function knownExports(db: PrismaClient, ids: readonly string[]): Promise<ExportRow[]> {
  const usedBy = Prisma.sql`owner.id = given.id AND owner.deleted_at IS NULL AND (owner.status = ANY (${connecting})
    OR EXISTS (SELECT 1 FROM attachments AS a WHERE a.volume_id = owner.id AND a.deleted_at IS NULL
      AND a.attach_status <> 'reserved'))`;
  return db.$queryRaw`
    SELECT given.id::text, ${isBusy(Prisma.sql`given.id`)} AS busy, owner.id IS NOT NULL AS known,
      split_part(owner.host, '#', 1) AS place, coalesce(${usedBy}, false) AS used,
      coalesce(owner.deleted_at IS NULL AND last.kind = 'connectionInitialize' AND last.loose, false) AS "askedFor"
    FROM unnest(${ids}::uuid[]) AS given(id)
    LEFT JOIN LATERAL (
      SELECT v.id, v.host, v.status, v.deleted_at FROM volumes AS v WHERE v.id IN (
        SELECT given.id UNION SELECT s.volume_id FROM snapshots AS s WHERE s.id = given.id
        UNION SELECT b.volume_id FROM backups AS b WHERE b.id = given.id) LIMIT 1
    ) AS owner ON true
    LEFT JOIN LATERAL (
      SELECT o.kind, o.input ->> 'attachmentId' IS NULL AS loose FROM operations AS o
      WHERE o.resource_id = given.id AND o.state = 'succeeded'
        AND o.kind IN ('connectionInitialize', 'connectionTerminate', 'volumeAttach', 'volumeDetach')
      ORDER BY o.created_at DESC LIMIT 1
    ) AS last ON true`;
}

/** Clients of RBD go to the cluster itself. */
function wantedExports(db: PrismaClient, { host, after, upTo }: SurveyedRange) {
  return db.$queryRaw<{ id: string; busy: boolean }[]>`
    SELECT v.id::text, ${isBusy(Prisma.sql`v.id`)} AS busy FROM volumes AS v
    WHERE split_part(v.host, '#', 1) = ${host} AND v.deleted_at IS NULL
      AND v.id > ${after ?? lowest}::uuid AND v.id <= ${upTo ?? highest}::uuid AND EXISTS (
        SELECT 1 FROM attachments AS a WHERE a.volume_id = v.id AND a.deleted_at IS NULL
          AND a.connection_info IS NOT NULL AND a.connection_info ->> 'driver_volume_type' IS DISTINCT FROM 'rbd')`;
}
