// Servers (libvirt domains) as their compute workers last reported them, and the volumes attached to them.
import { isUuid } from '../../../domain/ids.ts';
import { Prisma } from '../../generated/client.ts';
import { apiTime, columnsOf, readPage, type PageRequest, type Reader, type Source } from '../database/page-query.ts';

export interface ServerRow {
  readonly id: string;
  readonly name: string;
  /** The compute host that runs it. */
  readonly host: string;
  readonly status: string;
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly createdAt: string;
  readonly reportedAt: string;
}

const selected = Prisma.sql`server.id, server.name, server.host, server.status, server.vcpus,
  server.memory_mib AS "memoryMib", ${apiTime(Prisma.sql`server.created_at`)} AS "createdAt",
  ${apiTime(Prisma.sql`server.reported_at`)} AS "reportedAt"`;

const source: Source = {
  from: Prisma.sql`servers server`,
  columns: columnsOf({
    id: ['server.id', 'uuid'],
    name: ['server.name', 'text'],
    status: ['server.status', 'text'],
    host: ['server.host', 'text'],
    createdAt: ['server.created_at', 'timestamp'],
  }),
  always: Prisma.sql`TRUE`,
};

/** A page of servers; null when the marker is none of them. */
export function listServers(db: Reader, page: PageRequest): Promise<ServerRow[] | null> {
  return readPage<ServerRow>(db, source, selected, page);
}

/** The server, or null. */
export async function findServer(db: Reader, id: string): Promise<ServerRow | null> {
  if (!isUuid(id)) return null;
  const rows = await db.$queryRaw<ServerRow[]>`
    SELECT ${selected} FROM servers server WHERE server.id = ${id}::uuid`;
  return rows[0] ?? null;
}
