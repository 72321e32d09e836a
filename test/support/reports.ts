// Saves a host's report straight into the database, for tests that run without the API.
import { randomUUID } from 'node:crypto';
import type { PoolStats } from '../../drivers/volume/driver.ts';
import type { PrismaClient } from '../../prisma/generated/client.ts';
import { notePauseKept, pausesInForce } from '../../prisma/store/backends/pauses.ts';
import type { HostReport, HostWishes } from '../../workers/roles/host-worker.ts';

export async function saveReport(db: PrismaClient, report: HostReport): Promise<HostWishes> {
  const { binary, host, availabilityZone } = report;
  await db.service.upsert({
    where: { binary_host: { binary, host } },
    create: { id: randomUUID(), binary, host, availabilityZone },
    update: { reportedAt: new Date() },
  });
  for (const pool of (report.pools ?? []) as PoolStats[]) {
    const { poolName, multiattach, capabilities, ...figures } = pool;
    const id = `${host}#${poolName}`;
    const row = { ...figures, capabilities: { ...capabilities, multiattach } };
    await db.pool.upsert({ where: { id }, create: { id, host, name: poolName, ...row }, update: row });
  }
  if (report.obeys) await notePauseKept(db, host, new Date(report.obeys));
  const [pause = null] = binary === 'cinder-volume' ? await pausesInForce(db, [host]) : [];
  return { logLevel: null, pause };
}
