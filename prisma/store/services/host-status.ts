// Whether the worker that serves a host queue has reported lately.
import type { PrismaClient } from '../../generated/client.ts';

export interface HostStatus {
  readonly up: boolean;
  /** ISO 8601, or null when it never reported. */
  readonly lastReportedAt: string | null;
}

/** `binary` is Cinder's (cinder-volume, cinder-backup) or `nova-compute`; `host` as in service-list. */
export async function readHostStatus(
  db: PrismaClient,
  binary: string,
  host: string,
  serviceDownTimeS: number,
): Promise<HostStatus> {
  const service = await db.service.findUnique({ where: { binary_host: { binary, host } } });
  if (!service) return { up: false, lastReportedAt: null };
  const up = service.reportedAt.getTime() >= Date.now() - serviceDownTimeS * 1000;
  return { up, lastReportedAt: service.reportedAt.toISOString() };
}
