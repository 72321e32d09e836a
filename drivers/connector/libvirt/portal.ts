// Looks whether a volume's iSCSI portal answers, before QEMU is asked to connect to it.
import { connect } from 'node:net';
import { StorageError } from '../../../domain/storage-errors.ts';

const timeoutMs = 5_000;

/**
 * Throws StorageError Unreachable unless something listens at `host:port`. QEMU logs in to a LUN before it answers
 * blockdev-add, so a portal that swallows packets could hold up its monitor; asking first has a time limit.
 */
export async function mustListen(
  host: string,
  port: number,
  signal: AbortSignal,
  what = "the storage host's target",
): Promise<void> {
  signal.throwIfAborted();
  const socket = connect({ host, port });
  const refusal = await new Promise<string | null>((resolve) => {
    socket.setTimeout(timeoutMs, () => resolve(`no answer within ${timeoutMs} ms`));
    socket.once('connect', () => resolve(null));
    socket.once('error', (error) => resolve(error.message));
    signal.addEventListener('abort', () => socket.destroy(new Error('cancelled')), { once: true });
  });
  socket.destroy();
  signal.throwIfAborted();
  if (refusal !== null) {
    throw new StorageError('Unreachable', `this compute host cannot reach ${what} at ${host}:${port}: ${refusal}`);
  }
}

/** As mustListen, for Ceph: one monitor that answers is enough. */
export async function oneMonitorMustListen(
  addresses: readonly { readonly host: string; readonly port: number }[],
  signal: AbortSignal,
): Promise<void> {
  const what = 'a Ceph monitor';
  const asked = await Promise.allSettled(addresses.map(({ host, port }) => mustListen(host, port, signal, what)));
  if (asked.some(({ status }) => status === 'fulfilled')) return;
  for (const answer of asked) if (answer.status === 'rejected') throw answer.reason;
}
