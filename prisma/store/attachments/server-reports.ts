// Instances as compute hosts report them (the Nova subset's servers).
import type { Prisma } from '../../generated/client.ts';

export interface ServerReport {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly vcpus: number;
  readonly memoryMib: number;
}

/** Keeps a host's whole list: new ones come, known ones change, those it no longer has go. */
export async function keepServerReports(
  tx: Prisma.TransactionClient,
  host: string,
  reports: readonly ServerReport[],
): Promise<void> {
  const at = new Date();
  await tx.$executeRaw`
    INSERT INTO servers (id, name, host, status, vcpus, memory_mib, reported_at, created_at)
    SELECT report.id, report.name, ${host}, report.status, report.vcpus, report."memoryMib", ${at}, ${at}
    FROM jsonb_to_recordset(${JSON.stringify(reports)}::jsonb)
      AS report(id uuid, name text, status text, vcpus int, "memoryMib" int)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, host = excluded.host, status = excluded.status,
      vcpus = excluded.vcpus, memory_mib = excluded.memory_mib, reported_at = excluded.reported_at`;
  await tx.server.deleteMany({ where: { host, id: { notIn: reports.map(({ id }) => id) } } });
}
