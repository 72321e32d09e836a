// Fills a database by SQL: volumes of 31 projects, and as many snapshots, backups, attachments, messages, operations.
import type pg from 'pg';

export const project = 'fedcba98765432100123456789abcdef';

/** Ids and names that requests ask for. */
export interface Filled {
  readonly rows: number;
  /** A volume of the project in the middle of its list. */
  readonly middleVolume: string;
  readonly middleSnapshot: string;
  readonly middleBackup: string;
  readonly instance: string;
}

/** Seven of ten rows are of one project; one of a thousand is in `error`. */
const projectOf = (n: string): string =>
  `CASE WHEN ${n} % 10 < 7 THEN '${project}' ELSE lpad(to_hex(${n} % 30), 32, '0') END`;
const statusOf = (n: string): string => `CASE WHEN ${n} % 1000 = 0 THEN 'error' ELSE 'available' END`;
const uuidOf = (kind: string, n: string): string =>
  `('${kind}0000000-0000-4000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`;
const timeOf = (n: string): string => `timestamp '2026-01-01' + ${n} * interval '1 second'`;

const inserts: readonly string[] = [
  `INSERT INTO volumes (id, name, project_id, user_id, size_gib, status, availability_zone, host, volume_type_id, bootable,
     metadata, created_at)
   SELECT ${uuidOf('a', 'n')}, 'volume ' || n, ${projectOf('n')}, 'u', 1 + n % 100, ${statusOf('n')}, 'nova',
     'h' || n % 50 || '@lf#lf', (SELECT id FROM volume_types LIMIT 1), n % 500 = 0,
     jsonb_build_object('k', (n % 1000)::text), ${timeOf('n')}
   FROM generate_series($1::int, $2::int) n`,
  `INSERT INTO snapshots (id, volume_id, name, project_id, user_id, size_gib, status, created_at)
   SELECT ${uuidOf('b', 'n')}, ${uuidOf('a', 'n')}, 'snapshot ' || n, ${projectOf('n')}, 'u', 1, ${statusOf('n')},
     ${timeOf('n')} FROM generate_series($1::int, $2::int) n`,
  `INSERT INTO backups (id, volume_id, name, project_id, user_id, size_gib, status, created_at)
   SELECT ${uuidOf('c', 'n')}, ${uuidOf('a', 'n')}, 'backup ' || n, ${projectOf('n')}, 'u', 1, ${statusOf('n')},
     ${timeOf('n')} FROM generate_series($1::int, $2::int) n`,
  `INSERT INTO attachments (id, volume_id, instance_id, attach_status, created_at)
   SELECT ${uuidOf('d', 'n')}, ${uuidOf('a', 'n')}, ${uuidOf('e', 'n / 3')}::text, 'attached',
     ${timeOf('n')} FROM generate_series($1::int, $2::int) n`,
  `INSERT INTO messages (id, project_id, request_id, resource_type, event_id, action_id, detail_id, created_at, expires_at)
   SELECT ${uuidOf('f', 'n')}, ${projectOf('n')}, 'req', 'VOLUME', 'VOLUME_VOLUME_001_003', '001', '003', ${timeOf('n')},
     timestamp '2099-01-01' FROM generate_series($1::int, $2::int) n`,
  `INSERT INTO operations (id, kind, state, resource_type, resource_id, project_id, user_id, request_id, input,
     paused_at, created_at, finished_at, updated_at)
   SELECT ${uuidOf('9', 'n')}, 'volumeCreate', CASE WHEN n % 1000 = 0 THEN 'paused' ELSE 'succeeded' END, 'volume',
     ${uuidOf('a', 'n')}, ${projectOf('n')}, 'u', 'req', '{}', CASE WHEN n % 1000 = 0 THEN ${timeOf('n')} END, ${timeOf('n')},
     CASE WHEN n % 1000 <> 0 THEN ${timeOf('n')} END, ${timeOf('n')}
   FROM generate_series($1::int, $2::int) n`,
];

/** Brings every table up to that many rows. */
export async function fillEverything(db: pg.Client, rows: number): Promise<Filled> {
  await db.query(
    `INSERT INTO volume_types (id, name) SELECT gen_random_uuid(), 'lf' WHERE NOT EXISTS (SELECT FROM volume_types)`,
  );
  const counted = await db.query<{ count: string }>('SELECT count(*) FROM volumes');
  const first = Number(counted.rows[0]?.count) + 1;
  for (const insert of inserts) await db.query(insert, [first, rows]);
  await db.query('VACUUM ANALYZE');
  const ids = await db.query<{ a: string; b: string; c: string; e: string }>(
    `SELECT ${['a', 'b', 'c', 'e'].map((kind) => `${uuidOf(kind, '$1::int')} AS ${kind}`).join(', ')}`,
    [Math.floor(rows / 20) * 10 + 1],
  );
  const { a = '', b = '', c = '', e = '' } = ids.rows[0] ?? {};
  return { rows, middleVolume: a, middleSnapshot: b, middleBackup: c, instance: e };
}
