// Queues work on the same thing inside this process, so that it does not compete with itself for a lock.

const lastInLine = new Map<string, Promise<unknown>>();

/** Runs `work` after everything queued for `key` before it has settled. Aborting while waiting leaves the queue. */
export async function inTurn<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const before = lastInLine.get(key) ?? Promise.resolve();
  const mine = before.then(() => {
    signal.throwIfAborted();
    return work();
  });
  const settled = mine.catch(() => undefined);
  lastInLine.set(key, settled);
  void settled.then(() => {
    if (lastInLine.get(key) === settled) lastInLine.delete(key);
  });
  return Promise.race([mine, abortedWhileWaiting(before, signal)]);
}

/** Rejects when `signal` is aborted before `turn` has come; afterwards the work itself answers to the signal. */
async function abortedWhileWaiting(turn: Promise<unknown>, signal: AbortSignal): Promise<never> {
  let onAbort = (): void => {};
  const aborted = new Promise<boolean>((resolve) => {
    onAbort = () => resolve(true);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  const leftEarly = await Promise.race([turn.then(() => false), aborted]);
  signal.removeEventListener('abort', onAbort);
  if (leftEarly) throw signal.reason;
  return new Promise<never>(() => {});
}
