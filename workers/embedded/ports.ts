// Checks that a port is free, or picks a free one, before anything is started on it.
import { createServer } from 'node:net';

export const loopback = '127.0.0.1';

export interface PortWish {
  /** The flag that chose it, for the error. */
  readonly flag: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly host?: string;
}

/** The wished port if nothing listens on it, or a free one for 0; throws naming the flag otherwise. */
export async function claimPort(wish: PortWish): Promise<number> {
  const host = wish.host ?? loopback;
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => reject(new Error(refusal(wish, host, error))));
    server.listen({ port: wish.port, host, exclusive: true }, () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : wish.port;
      server.close(() => resolve(port));
    });
  });
}

function refusal({ flag, port }: PortWish, host: string, error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE') return `port ${port} on ${host} is already in use: choose another with ${flag}`;
  if (error.code === 'EACCES')
    return `port ${port} on ${host} needs more rights than this user has: choose another with ${flag}`;
  return `port ${port} on ${host} cannot be used (${error.message}): choose another with ${flag}`;
}
