// A relay in front of a server of a test: counts what passes, and can stop passing it after so many bytes.
import { connect, createServer, type Socket } from 'node:net';

export interface Relay {
  readonly url: string;
  /** Lines that requests began with. */
  readonly asked: readonly string[];
  /** True once it has stopped passing bytes. */
  isHolding(): boolean;
  /** From now on every connection stops after so many bytes in this direction; null lets everything pass. */
  holdAfter(limit: { readonly direction: 'up' | 'down'; readonly bytes: number } | null): void;
  stop(): Promise<void>;
}

/** Listens on a free port and passes everything on to `url`. */
export async function startRelay(url: string): Promise<Relay> {
  const { hostname, port } = new URL(url);
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  let limit: Parameters<Relay['holdAfter']>[0] = null;
  let holding = false;
  const pass = (from: Socket, to: Socket, direction: 'up' | 'down'): void => {
    let passed = 0;
    from.on('data', (bytes: Buffer) => {
      if (direction === 'up') asked.push(...headsIn(bytes));
      passed += bytes.length;
      if (limit?.direction === direction && passed > limit.bytes) {
        holding = true;
        from.pause();
        return;
      }
      if (!to.write(bytes)) from.pause();
    });
    to.on('drain', () => from.resume());
    from.on('close', () => to.destroy());
    from.on('error', () => to.destroy());
  };
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    }
    pass(client, upstream, 'up');
    pass(upstream, client, 'down');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    isHolding: () => holding,
    holdAfter(next) {
      limit = next;
      holding = false;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Request lines, with the `Range` of those that have one. */
function headsIn(bytes: Buffer): string[] {
  const text = bytes.toString('latin1', 0, 4096);
  const line = /^(GET|PUT|POST|DELETE|PATCH) \S+/.exec(text)?.[0];
  const range = /^range: .*$/im.exec(text)?.[0];
  return line === undefined ? [] : [range === undefined ? line : `${line} ${range}`];
}
