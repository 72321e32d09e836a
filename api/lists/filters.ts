// From a list's query parameters to conditions on rows, with Cinder's rules of who may filter by what since when.
// https://docs.openstack.org/cinder/latest/admin/generalized_filters.html
import type { Condition, JsonColumn, Scalar, TimeOperator } from '../../prisma/store/database/page-query.ts';
import type { RequestContext } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { booleanOf } from '../http/fields.ts';
import { minorOf, type Microversion } from '../http/microversion.ts';
import { isDictionary, literalOf, type Literal } from './python-literal.ts';
import { microversions } from '../http/microversion-table.ts';

/** What a query parameter compares with. */
export type Filter =
  | { readonly column: string; readonly as?: 'value' | 'flag' | 'host' | 'time' }
  /** A dictionary of entries that one of these JSON columns holds. */
  | { readonly as: 'entries'; readonly columns: readonly JsonColumn[] };

export interface FilterRules {
  /** Every parameter that is a column in Cinder, too; only administrators may use all of them. */
  readonly filters: Readonly<Record<string, Filter>>;
  /** Those of Cinder's resource_filters.json: for everybody. */
  readonly forEveryone: readonly string[];
  /** Parameters that mean nothing before a microversion; only looked at below 3.31, as Cinder does. */
  readonly since?: Readonly<Record<string, Microversion>>;
  /** Flags that take only words for true and false from this microversion on; before, all but `false` is true. */
  readonly strictFlags?: { readonly since: Microversion; readonly names: readonly string[] };
  /** True where values are Python literals. */
  readonly literals?: boolean;
  /** True where anybody may filter by any column: lists that Cinder has left out of its resource_filters.json. */
  readonly open?: boolean;
}

const pageParameters = new Set(['limit', 'marker', 'offset', 'sort', 'sort_key', 'sort_dir', 'all_tenants']);
const generalFiltersSince: Microversion = microversions.resourceFilters;
const likeFiltersSince: Microversion = microversions.likeFilters;

type FilterContext = Pick<RequestContext, 'query' | 'isAdmin' | 'microversion' | 'atLeast'>;

/** The conditions, or null when no row can fulfil them (an unknown column finds nothing). Throws BadRequest. */
export function conditionsOf(context: FilterContext, rules: FilterRules): Condition[] | null {
  const asked = allowedParameters(context, rules);
  const conditions: Condition[] = [];
  for (const [name, text] of asked) {
    const found = conditionsFor(context, name, text, rules);
    if (found === null) return null;
    conditions.push(...found);
  }
  return conditions;
}

function allowedParameters(context: FilterContext, rules: FilterRules): [name: string, text: string][] {
  const { query, microversion, atLeast } = context;
  const isAdmin = context.isAdmin || rules.open === true;
  const asked = Object.entries(query).filter(
    ([name]) => !pageParameters.has(name) && !(name === 'with_count' && atLeast(microversions.listCounts)),
  );
  if (!atLeast(generalFiltersSince)) {
    const { since = {} } = rules;
    return asked.filter(([name]) => {
      const first = Object.hasOwn(since, name) ? since[name] : undefined;
      if (first !== undefined && minorOf(microversion) < minorOf(first)) return false;
      return isAdmin || rules.forEveryone.includes(name);
    });
  }
  if (asked.some(([name]) => /[^\x20-\x7e]/.test(name))) {
    throw new ApiError('BadRequest', { detail: 'Filter keys can only contain ASCII characters.' });
  }
  const like = atLeast(likeFiltersSince);
  const refused = asked
    .map(([name]) => name)
    .filter(
      (name) => !isAdmin && !rules.forEveryone.includes(name) && !(like && rules.forEveryone.includes(`${name}~`)),
    );
  if (refused.length > 0) {
    throw new ApiError('BadRequest', { detail: `Invalid filters ${refused.join(',')} are found in query options.` });
  }
  return asked;
}

function conditionsFor(
  context: FilterContext,
  name: string,
  text: string,
  { filters, strictFlags, literals = false }: FilterRules,
): Condition[] | null {
  const isLike = name.endsWith('~');
  const bare = isLike ? name.slice(0, -1) : name;
  const filter = Object.hasOwn(filters, bare) ? filters[bare] : undefined;
  if (!filter) return null;
  if (filter.as === 'entries') return entryConditions(literalOf(text), filter.columns);
  const { column, as = 'value' } = filter;
  if (isLike) return [{ test: 'contains', column, text }];
  if (as === 'time') return timeConditions(name, text, column);
  if (as === 'host') return [{ test: 'host', column, host: text }];
  if (as === 'flag') {
    const value = strictFlags?.names.includes(name)
      ? strictFlag(name, text, context.atLeast(strictFlags.since))
      : booleanOf(text, text !== '');
    return [{ test: 'is', column, value }];
  }
  // A name is what it says: `"x"` with its quotes.
  const value = literals && column !== 'name' ? literalOf(text) : text;
  if (Array.isArray(value)) return [{ test: 'oneOf', column, values: (value as Literal[]).filter(isScalar) }];
  return isScalar(value) ? [{ test: 'is', column, value }] : null;
}

/** Throws InvalidInput where words other than for true and false are refused. */
function strictFlag(name: string, text: string, strict: boolean): boolean {
  if (!strict) return !['', 'False', 'false', 'FALSE'].includes(text);
  if (!booleanWords.test(text.trim())) throw new ApiError('InvalidInput', { reason: `'${name} = ${text}'` });
  return booleanOf(text);
}

function isScalar(value: Literal): value is Scalar {
  return value === null || typeof value !== 'object';
}

function entryConditions(value: Literal, columns: readonly JsonColumn[]): Condition[] | null {
  if (!isDictionary(value)) return null;
  return Object.entries(value).map(([key, item]) => ({
    test: 'entry',
    columns,
    key,
    value: isScalar(item) ? item : JSON.stringify(item),
  }));
}

const timeOperators: readonly TimeOperator[] = ['gt', 'gte', 'eq', 'neq', 'lt', 'lte'];
const timePattern = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/;

/** `created_at=gt:2020-01-01T00:00:00,lt:…`; a time without a zone is UTC. */
function timeConditions(name: string, text: string, column: string): Condition[] {
  return text.split(',').map((comparison) => {
    const [operator = '', ...rest] = comparison.split(':');
    if (!(timeOperators as readonly string[]).includes(operator)) {
      throw new ApiError('BadRequest', { detail: `Invalid ${operator} operator` });
    }
    const time = rest.join(':');
    const zone = timePattern.exec(time);
    const at = zone ? new Date(zone[1] === undefined && time.length > 10 ? `${time}Z` : time) : null;
    if (!at || !isOfDatabase(at)) throw new ApiError('BadRequest', { detail: `Invalid ${time || name} value` });
    return { test: 'time', column, operator: operator as TimeOperator, at };
  });
}

/** Years 1 to 9999: what PostgreSQL and Python read in this form. Not a time is none of them. */
function isOfDatabase(at: Date): boolean {
  const year = at.getUTCFullYear();
  return year >= 1 && year <= 9999;
}

const booleanWords = /^(1|t|true|on|y|yes|0|f|false|off|n|no)$/i;

/** A boolean query parameter. Throws InvalidParameterValue for any other word. */
export function flagOf({ query }: Pick<RequestContext, 'query'>, name: string): boolean {
  const value = query[name];
  if (value === undefined) return false;
  if (!booleanWords.test(value.trim())) {
    throw new ApiError('InvalidParameterValue', { err: `Value '${value}' for '${name}' is not a boolean.` });
  }
  return booleanOf(value);
}
