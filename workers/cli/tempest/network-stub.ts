// As much of a Network API as Tempest needs to set up and take down its users: every list is empty.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loopback } from '../../embedded/ports.ts';

export interface NetworkStub {
  readonly url: string;
  stop(): Promise<void>;
}

/** Without it Tempest believes that there is a Network API and fails in the end of every class of tests. */
export async function startNetworkStub(): Promise<NetworkStub> {
  const server = createServer((request, response) => {
    const kind =
      (request.url ?? '')
        .split('?', 1)[0]
        ?.replace(/\.json$/, '')
        .split('/')
        .at(-1) ?? '';
    if (request.method === 'DELETE') response.writeHead(204).end();
    else
      response
        .writeHead(200, { 'Content-Type': 'application/json' })
        .end(JSON.stringify({ [kind.replaceAll('-', '_')]: [] }));
  });
  await new Promise<void>((resolve) => server.listen(0, loopback, resolve));
  return {
    url: `http://${loopback}:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
