// The dictionaries that rows carry in JSON columns: entries added, replaced and removed in one statement each, so that
// two clients that change different keys both succeed.
import { Prisma } from '../../generated/client.ts';
import type { Reader } from './page-query.ts';

export type Entries = Readonly<Record<string, string | null>>;

interface EntryColumn {
  readonly table: Prisma.Sql;
  readonly column: Prisma.Sql;
  /** True where Cinder takes a change of the entries for a change of the row. */
  readonly touches: boolean;
}

const column = (table: string, name: string, touches: boolean): EntryColumn => ({
  table: Prisma.raw(table),
  column: Prisma.raw(name),
  touches,
});

/** Every dictionary there is, by what it is called here. */
const entryColumns = {
  volumeMetadata: column('volumes', 'metadata', false),
  volumeAdminMetadata: column('volumes', 'admin_metadata', false),
  volumeImageMetadata: column('volumes', 'image_metadata', false),
  snapshotMetadata: column('snapshots', 'metadata', false),
  typeExtraSpecs: column('volume_types', 'extra_specs', true),
  groupTypeSpecs: column('group_types', 'group_specs', true),
  qosSpecs: column('qos_specs', 'specs', true),
} as const satisfies Record<string, EntryColumn>;

export type EntriesOf = keyof typeof entryColumns;

const touched = ({ touches }: EntryColumn): Prisma.Sql => (touches ? Prisma.sql`, updated_at = now()` : Prisma.empty);

/** Entries of a live row, which stays locked until the transaction ends. */
export async function readEntries(tx: Reader, kind: EntriesOf, id: string): Promise<Entries> {
  const { table, column: name } = entryColumns[kind];
  const rows = await tx.$queryRaw<{ entries: Entries | null }[]>`
    SELECT ${name} AS entries FROM ${table} WHERE id = ${id}::uuid AND deleted_at IS NULL FOR UPDATE`;
  return rows[0]?.entries ?? {};
}

/** Adds or changes entries of a live row and answers all that it has now. */
export async function mergeEntries(tx: Reader, kind: EntriesOf, id: string, entries: Entries): Promise<Entries> {
  const { table, column: name } = entryColumns[kind];
  const rows = await tx.$queryRaw<{ entries: Entries }[]>`
    UPDATE ${table} SET ${name} = coalesce(${name}, '{}') || ${JSON.stringify(entries)}::jsonb
      ${touched(entryColumns[kind])}
    WHERE id = ${id}::uuid AND deleted_at IS NULL RETURNING ${name} AS entries`;
  return rows[0]?.entries ?? entries;
}

/** Puts these entries in the place of all that there were. */
export async function replaceEntries(tx: Reader, kind: EntriesOf, id: string, entries: Entries): Promise<void> {
  const { table, column: name } = entryColumns[kind];
  await tx.$queryRaw`
    UPDATE ${table} SET ${name} = ${JSON.stringify(entries)}::jsonb ${touched(entryColumns[kind])}
    WHERE id = ${id}::uuid AND deleted_at IS NULL RETURNING id`;
}

/** Removes one entry; false when there was none. */
export async function removeEntry(tx: Reader, kind: EntriesOf, id: string, key: string): Promise<boolean> {
  if (key.includes('\0')) return false;
  const { table, column: name } = entryColumns[kind];
  const rows = await tx.$queryRaw<{ id: string }[]>`
    UPDATE ${table} SET ${name} = ${name} - ${key}::text ${touched(entryColumns[kind])}
    WHERE id = ${id}::uuid AND deleted_at IS NULL AND jsonb_exists(${name}, ${key}::text) RETURNING id`;
  return rows.length > 0;
}
