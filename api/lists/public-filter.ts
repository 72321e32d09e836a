// `is_public` of the lists of volume types and group types.
import type { Condition } from '../../prisma/store/database/page-query.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { booleanWord } from '../http/query.ts';

/**
 * Conditions on the columns `isPublic` and `offered` (public, or open to the caller's project): what is offered where
 * nothing is asked or the caller is no administrator, everything for "none". Throws BadRequest.
 */
export function isPublicCondition({ query, isAdmin }: Pick<RequestContext, 'query' | 'isAdmin'>): Condition[] {
  const text = query['is_public'];
  const offered: Condition[] = [{ test: 'is', column: 'offered', value: true }];
  if (!isAdmin || text === undefined) return offered;
  if (text.trim().toLowerCase() === 'none') return [];
  const value = booleanWord(text);
  if (value === null) throw new ApiError('BadRequest', { detail: `Invalid is_public filter [${text}]` });
  return value ? offered : [{ test: 'is', column: 'isPublic', value }];
}
