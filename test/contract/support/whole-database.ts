// All rows of all tables as text, so that a test can say that nothing has changed, whatever there is.
import type { Database } from '../../../prisma/store/database/client.ts';

/** Tables of the machinery: nobody's. */
const ownTables = ['_prisma_migrations', 'idempotency_keys'];

interface Column {
  readonly table_name: string;
  readonly column_name: string;
  readonly data_type: string;
  readonly is_nullable: 'YES' | 'NO';
  readonly column_default: string | null;
}

async function columnsOf(db: Database): Promise<readonly Column[]> {
  return db.$queryRaw`SELECT table_name::text, column_name::text, data_type::text, is_nullable::text,
    column_default::text FROM information_schema.columns WHERE table_schema = 'public' ORDER BY ordinal_position`;
}

export interface DatabaseWatch {
  /** Every row as text, with its table's name in front, but those of the named projects. */
  rows(exceptOf?: readonly string[]): Promise<readonly string[]>;
  /** Gives the project a made-up row in each table of projects in which it has none; answers ids by table. */
  fill(projectId: string, word: string): Promise<Readonly<Record<string, string>>>;
}

export async function watchDatabase(db: Database): Promise<DatabaseWatch> {
  const columns = await columnsOf(db);
  const tables = [...new Set(columns.map((column) => column.table_name))].filter((name) => !ownTables.includes(name));
  const hasProject = (table: string): boolean =>
    columns.some((column) => column.table_name === table && column.column_name === 'project_id');
  return {
    async rows(exceptOf = []) {
      const strangers = exceptOf.map((id) => `'${id}'`).join();
      const selects = tables.map((table) => {
        const others = exceptOf.length > 0 && hasProject(table) ? ` WHERE t.project_id NOT IN (${strangers})` : '';
        return `SELECT '${table} ' || t::text AS row FROM "${table}" t${others}`;
      });
      const rows = await db.$queryRawUnsafe<{ row: string }[]>(selects.join(' UNION ALL '));
      return rows.map(({ row }) => row).sort();
    },
    async fill(projectId, word) {
      const ids: Record<string, string> = {};
      for (const table of tables.filter(hasProject)) {
        const own = columns.filter((column) => column.table_name === table);
        const idColumn = own.some(({ column_name: name }) => name === 'id') ? 'id' : 'project_id';
        const find = (): Promise<{ id: string }[]> =>
          db.$queryRawUnsafe(
            `SELECT ${idColumn}::text AS id FROM "${table}" WHERE project_id = '${projectId}' LIMIT 1`,
          );
        if ((await find()).length === 0) await db.$executeRawUnsafe(insertOf(table, own, projectId, word));
        ids[table] = (await find())[0]?.id ?? '';
      }
      return ids;
    },
  };
}

function insertOf(table: string, columns: readonly Column[], projectId: string, word: string): string {
  const set = columns.filter(
    (column) => column.column_default === null && (column.is_nullable === 'NO' || column.column_name === 'name'),
  );
  const names = set.map((column) => `"${column.column_name}"`).join();
  return `INSERT INTO "${table}" (${names}) VALUES (${set.map((column) => valueOf(column, projectId, word)).join()})`;
}

function valueOf({ column_name: name, data_type: type }: Column, projectId: string, word: string): string {
  if (name === 'project_id') return `'${projectId}'`;
  if (name === 'status') return `'available'`;
  if (type === 'uuid') return 'gen_random_uuid()';
  if (type === 'boolean') return 'false';
  if (type.startsWith('timestamp')) return `now() + interval '1 day'`;
  if (type === 'jsonb') return `'{}'`;
  return type === 'text' ? `'${word}'` : '1';
}
