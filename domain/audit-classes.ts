// What an audit can find: each class of difference between the rows and what is really there, and what is done about it.

export const auditClasses = {
  missing: 'a volume or snapshot that should be there is not: look for it before anything else (a mount that is gone?)',
  orphan:
    'storage with our name that no live row knows; removed by a repair only if a deleted row of this very place proves it ours',
  'size-differs': 'a volume is smaller than its row says: an extend was cut off',
  'stale-target': 'an export that nothing is attached to and no operation uses; a repair takes it away',
  'missing-target':
    'something is attached to a volume that is not exported: restart its volume worker, which exports it again',
  'stale-attachment':
    'an attachment to an instance that its compute host no longer has, or of a volume that is deleted',
  'counter-drift':
    'a quota or capacity counter differs from the rows that it counts; a repair corrects it by the difference',
} as const satisfies Record<string, string>;

export type AuditClass = keyof typeof auditClasses;

/** What a host is asked for, page by page. */
export const surveyKinds = ['volume', 'snapshot', 'export'] as const;
export type SurveyKind = (typeof surveyKinds)[number];

export interface AuditDifference {
  readonly class: AuditClass;
  /** host@backend, a host, or `database`. */
  readonly place: string;
  readonly resourceType: string;
  readonly resourceId: string;
  readonly detail: string;
  /** True when it can be proved that mending it takes nothing away that is someone else's. */
  readonly repairable: boolean;
}

/** The same difference has the same key in every look. */
export const differenceKey = (one: AuditDifference): string =>
  `${one.class} ${one.place} ${one.resourceType} ${one.resourceId}`;
