// Cinder's address of a pool, `host@backend#pool`, taken apart and put together.

export interface PoolAddress {
  readonly host: string;
  readonly backend: string;
  readonly pool: string;
}

/**
 * Parses `host@backend#pool`; a missing pool is named as the back-end, as Cinder does.
 * Throws TypeError for an address without a back-end.
 */
export function parsePoolAddress(address: string): PoolAddress {
  const match = /^([^@#]+)@([^@#]+)(?:#(.+))?$/.exec(address);
  if (!match) throw new TypeError(`not a host@backend#pool: ${address}`);
  const [, host = '', backend = '', pool = backend] = match;
  return { host, backend, pool };
}

/** `host@backend` of a pool's address: the service, and the task queue, that serves it. */
export function serviceHostOf(address: string): string {
  const { host, backend } = parsePoolAddress(address);
  return `${host}@${backend}`;
}
