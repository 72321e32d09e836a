// Audits and their findings as JSON.
import type { Audit, AuditFinding } from '../../prisma/store/audit/audits.ts';
import { wireTime } from '../http/time.ts';

export function auditView({ id, actor, state, repair, places, startedAt, finishedAt }: Audit) {
  return {
    ...{ id, actor, state, repair, places },
    started_at: wireTime(startedAt),
    finished_at: finishedAt === null ? null : wireTime(finishedAt),
  };
}

export function findingView({
  key,
  place,
  resourceType,
  resourceId,
  detail,
  state,
  outcome,
  ...finding
}: AuditFinding) {
  return {
    ...{ key, class: finding.class, place, detail, state, outcome },
    resource_type: resourceType,
    resource_id: resourceId,
    repaired_at: finding.repairedAt === null ? null : wireTime(finding.repairedAt),
  };
}
