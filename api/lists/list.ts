// What every list does: project, filters, order, page, count, and the link to the next page.
import type { Condition, PageRequest } from '../../prisma/store/database/page-query.ts';
import type { Answer, RequestContext } from '../http/context.ts';
import { nextPage } from '../http/links.ts';
import { pageOf, sortOf, type SortColumns } from '../http/paging.ts';
import { conditionsOf, flagOf, type FilterRules } from './filters.ts';
import { microversions } from '../http/microversion-table.ts';

/** Whose rows a caller sees by id: an administrator everybody's (null). */
export function visibleTo({ isAdmin, projectId }: Pick<RequestContext, 'isAdmin' | 'projectId'>): string | null {
  return isAdmin ? null : projectId;
}

/** Whose rows a caller's list shows: the caller's project's, or, asked for by an administrator, everybody's (null). */
export function listedProject(context: Pick<RequestContext, 'isAdmin' | 'projectId' | 'query'>): string | null {
  const all = flagOf(context, 'all_tenants');
  return all && context.isAdmin ? null : context.projectId;
}

export interface ListRules<Row extends { readonly id: string }> {
  /** The body's key, which is also the path below the project: `volumes`. */
  readonly collection: string;
  /** `volumes` or `volumes/detail`. */
  readonly path: string;
  /** Cinder's rules, or the list's own way of reading the query (null: no row can fulfil it). */
  readonly filters: FilterRules | ((context: RequestContext) => readonly Condition[] | null);
  /** Links to the next page begin with it where that is not the collection's name. */
  readonly linkName?: string;
  /** True where rows are no project's: `all_tenants` then means nothing, and `read` gets null. */
  readonly shared?: boolean;
  readonly sortColumns: SortColumns;
  /** Rows of a page; null when the marker is no row. */
  readonly read: (projectId: string | null, page: PageRequest) => Promise<Row[] | null>;
  readonly count?: (projectId: string | null, conditions: readonly Condition[]) => Promise<number>;
  readonly view: (rows: readonly Row[]) => readonly object[] | Promise<readonly object[]>;
  /** The fault for a marker that is no row. */
  readonly noSuchMarker: (marker: string) => Error;
}

/** Answers a list. Throws BadRequest, InvalidInput and the marker's fault. */
export async function answerList<Row extends { readonly id: string }>(
  context: RequestContext,
  rules: ListRules<Row>,
): Promise<Answer> {
  const { query, config } = context;
  const page = pageOf(query, config.maxLimit);
  const sort = sortOf(query, rules.sortColumns);
  const withCount =
    rules.count !== undefined && context.atLeast(microversions.listCounts) && flagOf(context, 'with_count');
  const projectId = rules.shared ? null : listedProject(context);
  const { filters } = rules;
  const conditions = typeof filters === 'function' ? filters(context) : conditionsOf(context, filters);
  const rows = conditions === null ? [] : await rules.read(projectId, { ...page, sort, conditions });
  if (rows === null) throw rules.noSuchMarker(page.marker ?? '');
  const total = withCount ? (conditions === null ? 0 : await rules.count?.(projectId, conditions)) : undefined;
  return {
    body: {
      [rules.collection]: await rules.view(rows),
      ...nextPage(context, rules.linkName ?? rules.collection, rules.path, rows),
      ...(total === undefined ? {} : { count: total }),
    },
  };
}
