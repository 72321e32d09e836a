// Services: what runs on which host, since when it has reported, and whether it may be given work.
import { randomUUID } from 'node:crypto';
import type { Prisma, Service } from '../../generated/client.ts';

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

/** Services that report, of any of these binaries; all of a host where one is named. */
export function listLiveServices(
  db: Transaction,
  {
    binaries,
    host,
    since,
  }: { readonly binaries: readonly string[]; readonly host: string | null; readonly since: Date },
): Promise<Service[]> {
  return db.service.findMany({
    where: { binary: { in: [...binaries] }, reportedAt: { gte: since }, ...(host === null ? {} : { host }) },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
}

export interface ServiceChange {
  readonly disabled?: boolean;
  readonly disabledReason?: string | null;
  readonly logLevel?: string;
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

/**
 * Takes note that a service lives; it may be its first sign. An operator's `disabled`, `frozen` and log level stay.
 * Answers the log level that an operator wants of it, or null.
 */
export async function noteService(
  tx: Transaction,
  binary: string,
  host: string,
  availabilityZone: string,
): Promise<string | null> {
  const reportedAt = new Date();
  const { logLevel } = await tx.service.upsert({
    where: { binary_host: { binary, host } },
    create: { id: randomUUID(), binary, host, availabilityZone, reportedAt },
    update: { availabilityZone, reportedAt },
  });
  return logLevel;
}

/** True while its last report is not older than `service_down_time`. */
export function isUp({ reportedAt }: Service, serviceDownTimeS: number): boolean {
  return Date.now() - reportedAt.getTime() <= serviceDownTimeS * 1000;
}

/** The one service of that binary on that host; null when there is none. */
export async function findService(db: Transaction, binary: string, host: string): Promise<Service | null> {
  return db.service.findUnique({ where: { binary_host: { binary, host } } });
}

/** How many backup services there are, up or not. */
export function countBackupHosts(db: Transaction): Promise<number> {
  return db.service.count({ where: { binary: 'cinder-backup' } });
}

/**
 * Freezes or thaws a service; a frozen one is disabled for that reason, as in Cinder. Says why nothing was changed, if so.
 */
export async function switchFrozen(
  tx: Transaction,
  binary: string,
  host: string,
  frozen: boolean,
): Promise<'switched' | 'already so' | 'no service'> {
  const disabled = { disabled: frozen, disabledReason: frozen ? 'frozen' : '' };
  const { count } = await tx.service.updateMany({
    where: { binary, host, frozen: !frozen },
    data: { frozen, ...disabled },
  });
  if (count > 0) return 'switched';
  return (await findService(tx, binary, host)) ? 'already so' : 'no service';
}
