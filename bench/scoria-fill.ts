// Fills a project of ours with volumes by SQL: copies of one real volume, as the peer kit fills Cinder's.
import pg from 'pg';

const ownColumns = ['id', 'name', 'description', 'metadata', 'created_at', 'operation_id'];

/** Gives the seed's project `rows` live volumes, each with one metadata item, a second apart; fewer are never removed. */
export async function fillVolumes(databaseUrl: string, seedId: string, rows: number): Promise<void> {
  const db = new pg.Client({ connectionString: databaseUrl, application_name: 'bench' });
  await db.connect();
  try {
    const columns = await db.query<{ name: string }>(
      `SELECT quote_ident(column_name) AS name FROM information_schema.columns
       WHERE table_schema = current_schema() AND table_name = 'volumes' AND column_name <> ALL ($1)`,
      [ownColumns],
    );
    const names = columns.rows.map(({ name }) => name);
    await db.query(
      `INSERT INTO volumes (id, name, description, metadata, created_at, ${names.join(', ')})
       SELECT gen_random_uuid(), 'fill' || n, 'fill', '{"k": "v"}', seed.created_at + n * interval '1 second',
         ${names.map((name) => `seed.${name}`).join(', ')}
       FROM volumes seed, generate_series(1, $2 - (
         SELECT count(*) FROM volumes WHERE deleted_at IS NULL AND project_id = (SELECT project_id FROM volumes WHERE id = $1)
       )) n WHERE seed.id = $1`,
      [seedId, rows],
    );
    // As autovacuum does soon after; not a minute later, in the middle of a round.
    await db.query('ANALYZE volumes');
  } finally {
    await db.end();
  }
}
