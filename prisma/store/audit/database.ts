// What an audit finds within the database: counters against rows, attachments against instances.
import type { AuditDifference } from '../../../domain/audit-classes.ts';
import type { PrismaClient } from '../../generated/client.ts';
import { auditCounters } from './counters.ts';

const place = 'database';

const ofOneVolume = / gib of (\S+)$/;

/** Quota and capacity counters that differ from the rows; what an unfinished operation was promised is none of them. */
export async function compareCounters(db: PrismaClient): Promise<AuditDifference[]> {
  const drifts = await auditCounters(db);
  const ids = drifts.flatMap(({ counter }) => ofOneVolume.exec(counter)?.[1] ?? []);
  // What a migration was promised for its copy bears the operation's own id.
  const busy = await db.operation.findMany({
    where: { finishedAt: null, OR: [{ resourceId: { in: ids } }, { id: { in: ids } }] },
    select: { id: true, resourceId: true },
  });
  const unfinished = new Set(busy.flatMap(({ id, resourceId }) => [id, resourceId]));
  const settled = drifts.filter(({ counter }) => !unfinished.has(ofOneVolume.exec(counter)?.[1] ?? ''));
  return settled.map(({ counter, counted, rows }) => ({
    ...({ class: 'counter-drift', place, resourceType: 'counter', resourceId: counter } as const),
    detail: `it says ${counted}, the rows say ${rows}`,
    // What was promised to one volume is that volume's operation's business.
    repairable: !ofOneVolume.test(counter),
  }));
}

interface StaleAttachment {
  readonly id: string;
  readonly host: string | null;
  readonly instanceId: string | null;
  readonly volumeDeleted: boolean;
}

/** Attachments of deleted volumes, and to instances that a compute host which reports no longer has. */
export async function compareAttachments(db: PrismaClient, serviceDownTimeS: number): Promise<AuditDifference[]> {
  const rows = await db.$queryRaw<StaleAttachment[]>`
    SELECT a.id::text, a.attached_host AS host, a.instance_id AS "instanceId", v.deleted_at IS NOT NULL AS "volumeDeleted"
    FROM attachments AS a JOIN volumes AS v ON v.id = a.volume_id
    WHERE a.deleted_at IS NULL AND a.operation_id IS NULL AND a.attach_status = 'attached'
      AND (v.deleted_at IS NOT NULL OR (EXISTS (
          SELECT 1 FROM services AS s WHERE s.binary = 'nova-compute' AND s.host = a.attached_host
            AND s.reported_at >= now() - ${serviceDownTimeS}::int * interval '1 s')
        AND NOT EXISTS (SELECT 1 FROM servers AS i WHERE i.id::text = a.instance_id)))`;
  return rows.map(({ id, host, instanceId, volumeDeleted }) => ({
    ...({ class: 'stale-attachment', place: host ?? place, resourceType: 'attachment', resourceId: id } as const),
    detail: volumeDeleted ? 'its volume is deleted' : `host ${host} has no instance ${instanceId} any more`,
    repairable: false,
  }));
}
