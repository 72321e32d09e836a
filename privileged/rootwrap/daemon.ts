// The root daemon: a socket that one user may connect to, until nobody has asked for a while.
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve, type SessionRules } from './session.ts';

export interface DaemonRules extends Omit<SessionRules, 'key'> {
  /** Ends after this long without a command. */
  readonly timeoutMs: number;
  /** Aborted when whoever started it is gone: ends as soon as no command runs. */
  readonly abandoned: AbortSignal;
  /** Told once, when it listens. */
  readonly onReady: (access: { readonly socketPath: string; readonly key: Buffer }) => void;
}

const mostConnections = 256;

/** Serves until the time-out, and waits for the commands that still run. The socket's directory is removed. */
export async function runRootDaemon(rules: DaemonRules): Promise<void> {
  const key = randomBytes(32);
  // A directory of root's own: nobody else can put another socket in the place of ours.
  const directory = mkdtempSync(join(existsSync('/run') ? '/run' : tmpdir(), 'scoria-rootwrap-'));
  const socketPath = join(directory, 'socket');
  const server = createServer();
  server.maxConnections = mostConnections;
  const busy = new Set<Promise<void>>();
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socketPath, resolve));
    chownSync(socketPath, rules.uid, 0);
    chmodSync(socketPath, 0o600);
    chmodSync(directory, 0o711);
    const idle = idleTimer(rules, () => busy.size > 0);
    server.on('connection', (socket) => {
      const session = serve(socket, { ...rules, key })
        .catch(() => void socket.destroy())
        .finally(() => {
          busy.delete(session);
          idle.restart();
        });
      busy.add(session);
    });
    rules.onReady({ socketPath, key });
    await idle.over;
    server.close();
    while (busy.size > 0) await Promise.all(busy);
  } finally {
    server.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function idleTimer(rules: DaemonRules, isBusy: () => boolean): { over: Promise<void>; restart(): void } {
  let restart = (): void => {};
  const over = new Promise<void>((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    restart = () => {
      clearTimeout(timer);
      if (isBusy()) return;
      if (rules.abandoned.aborted) resolve();
      else timer = setTimeout(() => (isBusy() ? undefined : resolve()), rules.timeoutMs);
    };
    rules.abandoned.addEventListener('abort', () => restart(), { once: true });
    restart();
  });
  return { over, restart: () => restart() };
}
