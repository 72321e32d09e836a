// Control steps of an audit: begin, compare what a host has with the rows, recount, record, prepare repairs, end.
import type { AuditDifference } from '../domain/audit-classes.ts';
import type { PrismaClient } from '../prisma/generated/client.ts';
import {
  beginAudit,
  finishAudit,
  recordFindings,
  recordOutcome,
  type AuditPlace,
} from '../prisma/store/audit/audits.ts';
import { compareAttachments, compareCounters } from '../prisma/store/audit/database.ts';
import { proveOurs, repairCounter, type ProvedOurs } from '../prisma/store/audit/repair.ts';
import { compareSurvey, type SurveyedRange } from '../prisma/store/audit/survey.ts';

export interface AuditActivities {
  /** Answers the back-ends (host@backend) that there are; those that do not report are named as such. */
  beginAudit(audit: {
    readonly id: string;
    readonly actor: string;
    readonly repair: boolean;
  }): Promise<readonly { readonly host: string; readonly up: boolean }[]>;
  compareSurvey(range: SurveyedRange): Promise<readonly AuditDifference[]>;
  compareDatabase(): Promise<readonly AuditDifference[]>;
  recordFindings(auditId: string, differences: readonly AuditDifference[]): Promise<void>;
  /** Looks once more, under a fresh epoch; null when it is not provably ours to remove. */
  proveOurs(difference: AuditDifference): Promise<ProvedOurs | null>;
  repairCounter(difference: AuditDifference): Promise<boolean>;
  recordOutcome(auditId: string, key: string, outcome: string, repaired: boolean): Promise<void>;
  finishAudit(auditId: string, places: readonly AuditPlace[]): Promise<void>;
}

/** The control worker's audit steps on a database. */
export function createAuditActivities(db: PrismaClient, serviceDownTimeS: number): AuditActivities {
  return {
    beginAudit: (audit) => beginAudit(db, audit, serviceDownTimeS),
    compareSurvey: (range) => compareSurvey(db, range),
    compareDatabase: async () => [...(await compareCounters(db)), ...(await compareAttachments(db, serviceDownTimeS))],
    recordFindings: (auditId, differences) => recordFindings(db, auditId, differences),
    proveOurs: (difference) => proveOurs(db, difference),
    repairCounter: (difference) => repairCounter(db, difference),
    recordOutcome: (auditId, key, outcome, repaired) => recordOutcome(db, auditId, key, { outcome, repaired }),
    finishAudit: (auditId, places) => finishAudit(db, auditId, places),
  };
}
