// GET /healthcheck of a process that runs workers: 200 once all have started, 503 when it is about to end.
import { createServer, type Server } from 'node:http';

export interface HealthPlace {
  readonly address: string;
  readonly port: number;
}

/**
 * Answers once it listens; throws when the port is taken. A server that the workers need and that is away makes nobody
 * unhealthy: they wait for it, and starting them again would not bring it back.
 */
export async function serveHealth({ address, port }: HealthPlace, isHealthy: () => boolean): Promise<{ stop(): void }> {
  const server = createServer((request, response) => {
    const [status, text] =
      request.method !== 'GET' || request.url !== '/healthcheck'
        ? ([404, 'GET /healthcheck'] as const)
        : isHealthy()
          ? ([200, 'OK'] as const)
          : ([503, 'stopping'] as const);
    response.writeHead(status, { 'Content-Type': 'text/plain', Connection: 'close' }).end(`${text}\n`);
  });
  await listen(server, port, address);
  return {
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function listen(server: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
