// Pages of a table: conditions, sort keys and keyset markers as SQL, so that page 1,000 costs what page 1 costs.
// https://use-the-index-luke.com/no-offset
import { isUuid } from '../../../domain/ids.ts';
import { Prisma } from '../../generated/client.ts';

/** A JSON column, for conditions on its entries. */
export type JsonColumn = Prisma.Sql;

type ColumnType = 'text' | 'uuid' | 'integer' | 'boolean' | 'timestamp';

/** A column that lists may be sorted or filtered by. */
export interface Column {
  readonly sql: Prisma.Sql;
  readonly type: ColumnType;
  readonly nullable: boolean;
}

export type ColumnTable = Readonly<Record<string, Column>>;

export type Scalar = string | number | boolean | null;

export type TimeOperator = 'gt' | 'gte' | 'eq' | 'neq' | 'lt' | 'lte';

/** One thing that every row of the list fulfils; `column` is a key of the table's columns. */
export type Condition =
  | { readonly test: 'is'; readonly column: string; readonly value: Scalar }
  | { readonly test: 'oneOf'; readonly column: string; readonly values: readonly Scalar[] }
  | { readonly test: 'contains'; readonly column: string; readonly text: string }
  /** Cinder's way with hosts: `host` finds host@backend#pool, too, and `host@backend` its pools. */
  | { readonly test: 'host'; readonly column: string; readonly host: string }
  | { readonly test: 'time'; readonly column: string; readonly operator: TimeOperator; readonly at: Date }
  /** One of these JSON columns holds this entry. */
  | { readonly test: 'entry'; readonly columns: readonly JsonColumn[]; readonly key: string; readonly value: Scalar };

export interface SortKey {
  readonly column: string;
  readonly direction: 'asc' | 'desc';
}

/** Which rows, in which order, from where on. */
export interface PageRequest {
  readonly conditions: readonly Condition[];
  readonly sort: readonly SortKey[];
  /** Id of the last row of the page before, or null for the first page. */
  readonly marker: string | null;
  readonly limit: number;
  readonly offset: number;
}

export interface Source {
  /** The table under an alias, and what it is joined with: `volumes v LEFT JOIN …`. */
  readonly from: Prisma.Sql;
  readonly columns: ColumnTable;
  /** What is true of every row, such as not being deleted. */
  readonly always: Prisma.Sql;
}

/** What can be asked in or outside a transaction. */
export type Reader = Pick<Prisma.TransactionClient, '$queryRaw'>;

const never = Prisma.sql`FALSE`;

const timeOperators: Readonly<Record<TimeOperator, Prisma.Sql>> = {
  gt: Prisma.sql`>`,
  gte: Prisma.sql`>=`,
  eq: Prisma.sql`=`,
  neq: Prisma.sql`<>`,
  lt: Prisma.sql`<`,
  lte: Prisma.sql`<=`,
};

/** The value as the column can hold it, or undefined when no row can have it. */
function fit({ type }: Column, value: string | number | boolean): string | number | boolean | undefined {
  const text = String(value);
  switch (type) {
    case 'uuid':
      return isUuid(text) ? text : undefined;
    case 'integer': {
      const number = typeof value === 'boolean' ? Number.NaN : Number(text);
      return text.trim() !== '' && Number.isSafeInteger(number) && Math.abs(number) < 2 ** 31 ? number : undefined;
    }
    case 'boolean':
      return /^(true|1)$/i.test(text) ? true : /^(false|0)$/i.test(text) ? false : undefined;
    case 'timestamp':
      return Number.isNaN(Date.parse(text)) ? undefined : new Date(text).toISOString();
    case 'text':
      return text.includes('\0') ? undefined : text;
  }
}

const casts: Readonly<Record<ColumnType, Prisma.Sql>> = {
  text: Prisma.sql`::text`,
  uuid: Prisma.sql`::uuid`,
  integer: Prisma.sql`::integer`,
  boolean: Prisma.sql`::boolean`,
  // Times are kept without a zone, in UTC; the cast by way of timestamptz reads a Z and means it.
  timestamp: Prisma.sql`::timestamp`,
};

function equals(column: Column, value: Scalar): Prisma.Sql {
  if (value === null) return Prisma.sql`${column.sql} IS NULL`;
  const fitting = fit(column, value);
  return fitting === undefined ? never : Prisma.sql`${column.sql} = ${fitting}${casts[column.type]}`;
}

function conditionSql(columns: ColumnTable, condition: Condition): Prisma.Sql {
  if (condition.test === 'entry') {
    const { key, value } = condition;
    if (typeof value !== 'string' || `${key}${value}`.includes('\0')) return never;
    const entry = JSON.stringify({ [key]: value });
    return Prisma.sql`(${Prisma.join(
      condition.columns.map((json) => Prisma.sql`${json} @> ${entry}::jsonb`),
      ' OR ',
    )})`;
  }
  const column = columns[condition.column];
  if (!column) return never;
  switch (condition.test) {
    case 'is':
      return equals(column, condition.value);
    case 'oneOf':
      if (condition.values.length === 0) return never;
      return Prisma.sql`(${Prisma.join(
        condition.values.map((value) => equals(column, value)),
        ' OR ',
      )})`;
    case 'contains':
      if (column.type !== 'text' || condition.text.includes('\0')) return never;
      return Prisma.sql`${column.sql} LIKE ${`%${condition.text}%`}`;
    case 'host': {
      const { host } = condition;
      if (host.includes('\0')) return never;
      const separators = host.includes('#') ? [] : host.includes('@') ? ['#'] : ['#', '@'];
      const tests = separators.map((separator) => Prisma.sql`starts_with(${column.sql}, ${`${host}${separator}`})`);
      return Prisma.sql`(${Prisma.join([Prisma.sql`${column.sql} = ${host}`, ...tests], ' OR ')})`;
    }
    case 'time':
      return Prisma.sql`${column.sql} ${timeOperators[condition.operator]} ${condition.at.toISOString()}::timestamp`;
  }
}

/** WHERE of a list, without the marker: what `with_count` counts, too. */
export function whereOf({ columns, always }: Source, conditions: readonly Condition[]): Prisma.Sql {
  return Prisma.join([always, ...conditions.map((condition) => conditionSql(columns, condition))], ' AND ');
}

/** The requested keys and, to make the order total, the newest first and the id, in the first key's direction. */
function totalOrder(sort: readonly SortKey[]): readonly SortKey[] {
  const direction = sort[0]?.direction ?? 'desc';
  const rest = ['createdAt', 'id'].filter((column) => !sort.some((key) => key.column === column));
  return [...sort, ...rest.map((column) => ({ column, direction }))];
}

// MySQL's order, which Cinder's clients see: what has no value comes first going up and last going down.
function orderBy(columns: ColumnTable, keys: readonly SortKey[]): Prisma.Sql {
  const terms = keys.map(({ column, direction }) => {
    const { sql, nullable } = mustHave(columns, column);
    if (direction === 'asc') return nullable ? Prisma.sql`${sql} ASC NULLS FIRST` : Prisma.sql`${sql} ASC`;
    return nullable ? Prisma.sql`${sql} DESC NULLS LAST` : Prisma.sql`${sql} DESC`;
  });
  return Prisma.join(terms);
}

function mustHave(columns: ColumnTable, name: string): Column {
  const column = columns[name];
  if (!column) throw new TypeError(`there is no column ${name} to sort by`);
  return column;
}

/** True for rows whose key comes after the marker's. */
function follows({ sql, type, nullable }: Column, direction: SortKey['direction'], value: string | null): Prisma.Sql {
  if (value === null) return direction === 'asc' ? Prisma.sql`${sql} IS NOT NULL` : never;
  if (direction === 'asc') return Prisma.sql`${sql} > ${value}::text${casts[type]}`;
  const lower = Prisma.sql`${sql} < ${value}::text${casts[type]}`;
  return nullable ? Prisma.sql`(${lower} OR ${sql} IS NULL)` : lower;
}

const same = ({ sql, type }: Column, value: string | null): Prisma.Sql =>
  value === null ? Prisma.sql`${sql} IS NULL` : Prisma.sql`${sql} = ${value}::text${casts[type]}`;

/** `(a, b) < (x, y)` where the keys allow it, since an index answers that; else the same written out. */
function afterMarker(columns: ColumnTable, keys: readonly SortKey[], values: readonly (string | null)[]): Prisma.Sql {
  const parts = keys.map((key, index) => ({
    column: mustHave(columns, key.column),
    direction: key.direction,
    value: values[index] ?? null,
  }));
  const direction = keys[0]?.direction;
  if (parts.every((part) => part.direction === direction && !part.column.nullable)) {
    const left = Prisma.join(parts.map((part) => part.column.sql));
    const right = Prisma.join(parts.map((part) => Prisma.sql`${part.value}::text${casts[part.column.type]}`));
    return direction === 'asc' ? Prisma.sql`(${left}) > (${right})` : Prisma.sql`(${left}) < (${right})`;
  }
  const alternatives = parts.map((part, index) =>
    Prisma.join(
      [
        ...parts.slice(0, index).map((before) => same(before.column, before.value)),
        follows(part.column, part.direction, part.value),
      ],
      ' AND ',
    ),
  );
  const rest = Prisma.sql`(${Prisma.join(alternatives, ') OR (', '(', ')')})`;
  // Says again what follows from the rest: an index can begin there, which it cannot with alternatives.
  const [first] = parts;
  if (!first || first.value === null || (first.direction === 'desc' && first.column.nullable)) return rest;
  const { sql, type } = first.column;
  const begin = Prisma.sql`${sql} ${Prisma.raw(first.direction === 'asc' ? '>=' : '<=')} ${first.value}::text${casts[type]}`;
  return Prisma.sql`(${begin} AND ${rest})`;
}

/** Reads a page of `select`ed columns; null when there is no row with the marker's id in reach of the source. */
export async function readPage<Row>(
  db: Reader,
  source: Source,
  select: Prisma.Sql,
  page: PageRequest,
): Promise<Row[] | null> {
  const keys = totalOrder(page.sort);
  const where = [whereOf(source, page.conditions)];
  if (page.marker !== null) {
    const values = await markerValues(db, source, keys, page.marker);
    if (values === null) return null;
    where.push(afterMarker(source.columns, keys, values));
  }
  if (page.limit === 0) return [];
  return db.$queryRaw<Row[]>`
    SELECT ${select} FROM ${source.from} WHERE ${Prisma.join(where, ' AND ')}
    ORDER BY ${orderBy(source.columns, keys)} LIMIT ${page.limit} OFFSET ${page.offset}`;
}

async function markerValues(
  db: Reader,
  { from, columns, always }: Source,
  keys: readonly SortKey[],
  marker: string,
): Promise<(string | null)[] | null> {
  if (!isUuid(marker)) return null;
  const values = Prisma.join(keys.map(({ column }) => Prisma.sql`(${mustHave(columns, column).sql})::text`));
  const id = mustHave(columns, 'id').sql;
  const rows = await db.$queryRaw<{ values: (string | null)[] }[]>`
    SELECT ARRAY[${values}] AS values FROM ${from} WHERE ${id} = ${marker}::uuid AND ${always}`;
  return rows[0]?.values ?? null;
}

/** How many rows the conditions leave, whatever the page. */
export async function countRows(db: Reader, source: Source, conditions: readonly Condition[]): Promise<number> {
  const rows = await db.$queryRaw<{ count: bigint }[]>`
    SELECT count(*) AS count FROM ${source.from} WHERE ${whereOf(source, conditions)}`;
  return Number(rows[0]?.count ?? 0);
}

/** A time as the API writes it, which spares a Date for each row. */
export const apiTime = (column: Prisma.Sql): Prisma.Sql => Prisma.sql`to_char(${column}, 'YYYY-MM-DD"T"HH24:MI:SS.US')`;

/** Builds a column table from `name: [SQL, type, nullable]`. */
export function columnsOf(
  rows: Readonly<Record<string, readonly [sql: string, type: ColumnType, nullable?: 'nullable']>>,
): ColumnTable {
  return Object.fromEntries(
    Object.entries(rows).map(([name, [sql, type, nullable]]) => [
      name,
      { sql: Prisma.raw(sql), type, nullable: nullable !== undefined },
    ]),
  );
}
