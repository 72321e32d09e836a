// A worker that is not root: takes a lock, and runs commands as root through the daemon that its orders name.
// Argument: JSON `WorkerOrders`. Says "started" and what a command says, then what came of each as JSON.
import { withHostLock } from '../../../privileged/host-lock.ts';
import { reachRootThrough, runAsRoot } from '../../../privileged/root.ts';

export interface WorkerOrders {
  readonly socketPath: string;
  /** In hexadecimal digits. */
  readonly key: string;
  readonly stateDir: string;
  readonly resourceId: string;
  readonly commands: readonly (readonly [string, ...string[]])[];
  readonly endsWithParent?: boolean;
}

const orders = JSON.parse(process.argv[2] ?? '{}') as WorkerOrders;
const { socketPath, key, stateDir, resourceId, commands, endsWithParent } = orders;
reachRootThrough('/nowhere/rootwrap.conf', '/nowhere/scoria-rootwrap', async () => ({
  socketPath,
  key: Buffer.from(key, 'hex'),
}));
const { signal } = new AbortController();
const results: unknown[] = [];
await withHostLock({ stateDir, resourceId, epoch: 1, signal }, async (lockFd) => {
  for (const words of commands) {
    results.push(
      await runAsRoot(words, {
        silenceTimeoutMs: 60_000,
        lockFd,
        endsWithParent,
        onOutput: (text) => console.log(`started ${text.trim()}`),
      }).catch((error: unknown) => ({ error: error instanceof Error ? error.message : String(error) })),
    );
  }
});
console.log(JSON.stringify({ uid: process.getuid?.(), results }));
