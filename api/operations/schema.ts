// Queries and bodies of /operations.
import { z } from 'zod';
import { operationTable } from '../../domain/operations.ts';
import { pauseTable } from '../../domain/pauses.ts';
import type { OperationFilter } from '../../prisma/store/operations/lists.ts';
import { ApiError } from '../http/errors.ts';
import type { OrderKind } from './order.ts';

export const reasonSchema = z.string().max(255).nullish();

const states = ['accepted', 'running', 'paused', 'succeeded', 'failed', 'aborted'] as const;
const maxAgeS = 10 * 365 * 24 * 3600;

const filterSchema = z.strictObject({
  state: z.enum(states).optional(),
  kind: z.enum(Object.keys(operationTable) as [string, ...string[]]).optional(),
  cause: z.enum(Object.keys(pauseTable) as [string, ...string[]]).optional(),
  backend: z.string().min(1).max(255).optional(),
  resource_id: z.string().max(64).optional(),
  older_than_s: z.coerce.number().int().min(0).max(maxAgeS).optional(),
});

const filterNames = Object.keys(filterSchema.shape) as (keyof typeof filterSchema.shape)[];

const filterOf = ({ resource_id: resourceId, older_than_s: olderThanS, ...rest }: z.output<typeof filterSchema>) =>
  ({ ...rest, resourceId, olderThanS }) satisfies OperationFilter;

/** The filters in a list's query; others than ours are left to whoever reads them. Throws BadRequest. */
export function filterOfQuery(query: Readonly<Record<string, string>>): OperationFilter {
  const given = filterNames.flatMap((name) => (query[name] === undefined ? [] : [[name, query[name]]]));
  const { success, data, error } = filterSchema.safeParse(Object.fromEntries(given));
  if (success) return filterOf(data);
  throw new ApiError('BadRequest', { detail: z.prettifyError(error) });
}

const batchSchema = z.strictObject({
  filter: filterSchema.transform(filterOf),
  /** Why, for the history of each. */
  reason: z.string().min(1).max(255),
  /** Says what would be done, and does nothing. */
  dry_run: z.boolean().default(false),
  limit: z.number().int().min(1).max(200).default(50),
  /** The last operation that the call before looked at. */
  marker: z.string().max(64).nullish(),
});

export type BatchBody = z.output<typeof batchSchema>;

/** `{retry: {…}}`, `{abort: {…}}`, `{skip: {…}}` on one operation, and on all that a filter finds. */
export const oneSchema = (kind: OrderKind) => z.object({ [kind]: z.object({ reason: reasonSchema }).nullish() });
export const manySchema = (kind: OrderKind) => z.strictObject({ [kind]: batchSchema });
