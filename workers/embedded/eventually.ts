// Waits until something is so, and says what it was waiting for when it never is.
import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly intervalMs?: number;
  /** Settles when waiting has become pointless (the server has ended); its text is the reason. */
  readonly hopeless?: Promise<string>;
  readonly signal?: AbortSignal;
}

/**
 * Calls `probe` until it answers something other than undefined. What it throws counts as "not yet" and is part of the
 * error at the end. Throws when the time is up, when `hopeless` settles or when `signal` is aborted.
 */
export async function waitUntil<T>(
  what: string,
  options: WaitOptions,
  probe: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + options.timeoutMs;
  let lastError: unknown;
  let lost: string | undefined;
  void options.hopeless?.then((reason) => (lost = reason));
  for (;;) {
    options.signal?.throwIfAborted();
    if (lost !== undefined) throw new Error(`${what}: ${lost}`, { cause: lastError });
    try {
      const answer = await probe();
      if (answer !== undefined) return answer;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() > deadline) {
      const reason = lastError instanceof Error ? `: ${lastError.message}` : '';
      throw new Error(`${what}: not within ${Math.round(options.timeoutMs / 1000)} s${reason}`, { cause: lastError });
    }
    await sleep(options.intervalMs ?? 100);
  }
}
