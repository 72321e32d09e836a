// Services: what runs on which host, since when it has reported, and whether it may be given work.
import { randomUUID } from 'node:crypto';
import type { Prisma, Service } from '../generated/client.ts';

export type { Service };
type Transaction = Prisma.TransactionClient;

export interface ServiceFilter {
  readonly binary?: string;
  /** `host`, or `host@backend`; a bare host finds its back-ends as well, as Cinder does. */
  readonly host?: string;
}

/** Services that match; those of compute hosts, which are Nova's, only by their binary. */
export function listServices(db: Transaction, { binary, host }: ServiceFilter): Promise<Service[]> {
  const hostIs = host === undefined ? {} : { OR: [{ host }, { host: { startsWith: `${host}@` } }] };
  return db.service.findMany({
    where: { AND: [hostIs, { binary: binary ?? { startsWith: 'cinder-' } }] },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
}

export interface ServiceChange {
  readonly disabled?: boolean;
  readonly disabledReason?: string | null;
  readonly frozen?: boolean;
}

/** Changes one service; false when there is none of that binary on that host. */
export async function changeService(
  tx: Transaction,
  binary: string,
  host: string,
  change: ServiceChange,
): Promise<boolean> {
  const { count } = await tx.service.updateMany({ where: { binary, host }, data: change });
  return count > 0;
}

/** Takes note that a service lives; it may be its first sign. An operator's `disabled` and `frozen` stay. */
export async function noteService(
  tx: Transaction,
  binary: string,
  host: string,
  availabilityZone: string,
): Promise<void> {
  const reportedAt = new Date();
  await tx.service.upsert({
    where: { binary_host: { binary, host } },
    create: { id: randomUUID(), binary, host, availabilityZone, reportedAt },
    update: { availabilityZone, reportedAt },
  });
}

/** True while its last report is not older than `service_down_time`. */
export function isUp({ reportedAt }: Service, serviceDownTimeS: number): boolean {
  return Date.now() - reportedAt.getTime() <= serviceDownTimeS * 1000;
}
