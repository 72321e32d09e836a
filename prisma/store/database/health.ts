// Whether the database answers, and which errors say that it does not.
import { Prisma, type PrismaClient } from '../../generated/client.ts';

/** Throws when it does not. */
export async function pingDatabase(db: PrismaClient): Promise<void> {
  await db.$queryRaw`SELECT 1`;
}

/** No server, no answer in time, a connection that was closed, no connection free, a transaction that lost its own. */
const awayCodes: ReadonlySet<string> = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2037']);
const awayKinds: ReadonlySet<string> = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
]);
/** https://www.postgresql.org/docs/current/errcodes-appendix.html: connection exceptions and operator intervention. */
const awayStates = /^(08|57P0)/;
/** What node-postgres says of a connection that broke, where the adapter passes it on as it came. */
const awayWords = /Connection terminated|ECONNREFUSED|ECONNRESET|EPIPE|timeout exceeded when trying to connect/;

interface AdapterCause {
  readonly kind?: string;
  readonly originalCode?: string;
}

/**
 * True for an error that says nothing about the request: the database is away, and the same may work in a moment.
 * Whether a transaction that was being committed has been, nobody knows then.
 */
export function isDatabaseAway(error: unknown): boolean {
  if (error instanceof Prisma.PrismaClientInitializationError) return true;
  if (error instanceof Prisma.PrismaClientKnownRequestError) {
    if (awayCodes.has(error.code)) return true;
    const adapter = error.meta?.['driverAdapterError'] as { readonly cause?: AdapterCause } | undefined;
    return isAwayCause(adapter?.cause) || awayWords.test(error.message);
  }
  if (!(error instanceof Error)) return false;
  return isAwayCause(error.cause as AdapterCause | undefined) || awayWords.test(error.message);
}

function isAwayCause(cause: AdapterCause | undefined): boolean {
  return awayKinds.has(cause?.kind ?? '') || awayStates.test(cause?.originalCode ?? '');
}
