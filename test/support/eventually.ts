// Waits for something that happens by itself, and says what it last saw when it does not.
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Calls `look` until it returns without throwing, and answers what it returned. After `timeoutMs` the last error is
 * thrown: nothing in a test depends on how fast the machine is.
 */
export async function eventually<T>(look: () => T | Promise<T>, timeoutMs = 60_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() >= deadline) throw error;
    }
    await delay(25);
  }
}
