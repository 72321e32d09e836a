// One page of a list: limit, marker, offset, sorting, and the keyset conditions that make a page cheap at any depth.
import { ApiError } from './errors.ts';
import { maxDbInteger } from './fields.ts';

type Query = Readonly<Record<string, string>>;

export interface Page {
  readonly limit: number;
  readonly offset: number;
  readonly marker: string | null;
}

/** Reads an integer as Cinder does. Throws BadRequest "<name> must be …". */
export function integerOf(value: string, name: string, min: number, max = maxDbInteger): number {
  // Python's int() takes spaces around, a sign, and single underscores between digits.
  if (!/^\s*[+-]?\d+(?:_\d+)*\s*$/.test(value))
    throw new ApiError('BadRequest', { detail: `${name} must be an integer` });
  const number = Number(value.replaceAll('_', ''));
  if (number < min) throw new ApiError('BadRequest', { detail: `${name} must be >= ${min}` });
  if (number > max) throw new ApiError('BadRequest', { detail: `${name} must be <= ${max}` });
  return number;
}

/** The page asked for, at most `maxLimit` rows. Throws BadRequest. */
export function pageOf(query: Query, maxLimit: number): Page {
  return {
    limit: limitOf(query, maxLimit),
    offset: query['offset'] === undefined ? 0 : integerOf(query['offset'], 'offset', 0),
    marker: query['marker'] ?? null,
  };
}

function limitOf({ limit }: Query, maxLimit: number): number {
  if (limit === undefined) return maxLimit;
  if (!/^\s*[+-]?\d+(?:_\d+)*\s*$/.test(limit)) {
    throw new ApiError('BadRequest', { detail: 'limit param must be an integer' });
  }
  const number = Number(limit.replaceAll('_', ''));
  if (number < 0) throw new ApiError('BadRequest', { detail: 'limit param must be positive' });
  return Math.min(number, maxLimit);
}

export type Direction = 'asc' | 'desc';

export interface SortKey<Column extends string = string> {
  /** The row's field. */
  readonly column: Column;
  readonly direction: Direction;
}

/** Which sort keys a resource has: Cinder's name → the row's field. */
export type SortColumns<Column extends string = string> = Readonly<Record<string, { readonly column: Column }>>;

/**
 * Reads `sort=key:dir,…` or the old `sort_key` and `sort_dir`, and adds created_at and id at the end, so that the
 * order is total. `columns` must have both. Throws BadRequest and InvalidInput in Cinder's words.
 */
export function sortOf<Column extends string>(query: Query, columns: SortColumns<Column>): SortKey<Column>[] {
  const wanted = wantedOrder(query);
  const fallback = wanted[0]?.direction ?? 'desc';
  for (const key of ['created_at', 'id']) {
    if (!wanted.some((entry) => entry.key === key)) wanted.push({ key, direction: fallback });
  }
  return wanted.map(({ key, direction }) => {
    if (direction !== 'asc' && direction !== 'desc') {
      throw new ApiError('InvalidInput', { reason: "Unknown sort direction, must be 'desc' or 'asc'." });
    }
    const column = Object.hasOwn(columns, key) ? columns[key] : undefined;
    if (!column) throw new ApiError('InvalidInput', { reason: 'Invalid sort key' });
    return { column: column.column, direction };
  });
}

function wantedOrder(query: Query): { key: string; direction: string }[] {
  const { sort, sort_key: key = 'created_at', sort_dir: direction = 'desc' } = query;
  if (sort === undefined) return [{ key: key.trim(), direction: direction.trim() }];
  if (query['sort_key'] !== undefined || query['sort_dir'] !== undefined) {
    throw new ApiError('BadRequest', {
      detail: "The 'sort_key' and 'sort_dir' parameters are deprecated and cannot be used with the 'sort' parameter.",
    });
  }
  return sort
    .trim()
    .split(',')
    .map((part) => {
      const [name = '', ...rest] = part.split(':');
      return { key: name.trim(), direction: (rest.join(':') || 'desc').trim() };
    });
}
