// A page of what a host has, and which ids an unfinished operation is about: nothing can be said of those.
import type { SurveyKind } from '../../../domain/audit-classes.ts';
import { Prisma } from '../../generated/client.ts';

export interface SurveyedRange {
  /** host@backend */
  readonly host: string;
  readonly kind: SurveyKind;
  readonly found: readonly { readonly id: string; readonly sizeGib: number | null }[];
  /** The page holds everything after this id … */
  readonly after: string | null;
  /** … up to this one; null: to the end. */
  readonly upTo: string | null;
}

export const lowest = '00000000-0000-0000-0000-000000000000';
export const highest = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** An unfinished operation is about this id. */
export const isBusy = (id: Prisma.Sql): Prisma.Sql => Prisma.sql`EXISTS (
  SELECT 1 FROM operations AS o WHERE o.finished_at IS NULL AND (o.resource_id = ${id} OR o.id = ${id} OR EXISTS (
    SELECT 1 FROM operation_resources AS r WHERE r.operation_id = o.id AND r.resource_id = ${id})
    OR o.input ->> 'volumeId' = ${id}::text))`;
