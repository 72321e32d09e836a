// Writes a migration's SQL: what prisma/schema.prisma has that the last migration did not have.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { migrationsDir, readMigrations, schemaPath, withSchemaEngine } from './schema-engine.ts';

export interface WriteMigrationOptions {
  /** Last part of its folder's name, `[a-z0-9_]+`. */
  readonly name: string;
  /** Drops the migrations written so far and starts from nothing: only while none of them has been released. */
  readonly afresh: boolean;
  /** Any reachable PostgreSQL; the engine connects to it but only compares schemas. */
  readonly databaseUrl: string;
}

/**
 * Answers the path written, or null when the schema has nothing new. Each migration keeps the schema that it leads to
 * beside its SQL and the next one starts from that: replaying the SQL into a shadow database and reading it back, as
 * `prisma migrate dev` does, fails in this engine ("Column type 'char' could not be deserialized").
 */
export async function writeMigration({ name, afresh, databaseUrl }: WriteMigrationOptions): Promise<string | null> {
  if (!/^[a-z0-9_]+$/.test(name)) throw new Error(`a migration's name is made of a-z, 0-9 and _: ${name}`);
  const stamp = afresh ? '20260101000000' : new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14);
  const schema = await readFile(schemaPath, 'utf8');
  const handWritten = afresh ? await handWrittenParts() : '';
  const sql = await differenceSql(databaseUrl, afresh ? null : await lastSchema(), schema);
  if (sql === '') return null;
  if (afresh) await removeMigrations();
  const folder = join(migrationsDir, `${stamp}_${name}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'schema.prisma'), schema);
  await writeFile(join(folder, 'migration.sql'), [sql, handWritten].filter(Boolean).join('\n\n') + '\n');
  await writeFile(join(migrationsDir, 'migration_lock.toml'), 'provider = "postgresql"\n');
  return join(folder, 'migration.sql');
}

/** The SQL that leads from one schema (null = an empty database) to another; empty when they are alike. */
export async function differenceSql(databaseUrl: string, from: string | null, to: string): Promise<string> {
  const asTarget = (content: string) => ({ tag: 'schemaDatamodel' as const, files: [{ path: schemaPath, content }] });
  const { stdout } = await withSchemaEngine(databaseUrl, (engine) =>
    engine.diff({
      from: from === null ? { tag: 'empty' } : asTarget(from),
      to: asTarget(to),
      script: true,
      exitCode: null,
      filters: { externalTables: [], externalEnums: [] },
    }),
  );
  const sql = stdout?.trim() ?? '';
  return sql.startsWith('-- This is an empty migration') ? '' : sql;
}

/** The schema that the last migration leads to; null when there is none. */
export async function lastSchema(): Promise<string | null> {
  const last = (await readMigrations()).migrationDirectories.at(-1);
  return last ? readFile(join(migrationsDir, last.path, 'schema.prisma'), 'utf8') : null;
}

const handWrittenMark = '-- Written by hand';

/** What stands below the mark in the migrations is carried over when the first one is generated anew. */
async function handWrittenParts(): Promise<string> {
  const { migrationDirectories } = await readMigrations();
  const parts = migrationDirectories.map(({ migrationFile: { content } }) => {
    const at = content.value.indexOf(handWrittenMark);
    return at < 0 ? '' : content.value.slice(at).trim();
  });
  return parts.filter(Boolean).join('\n\n');
}

async function removeMigrations(): Promise<void> {
  for (const entry of await readdir(migrationsDir, { withFileTypes: true })) {
    if (entry.isDirectory()) await rm(join(migrationsDir, entry.name), { recursive: true });
  }
}
