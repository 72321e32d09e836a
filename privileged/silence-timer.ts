// Notices that a command has gone silent: no output, and no change of what it is known to be changing.

const watchEveryMs = 1_000;

/** Calls `onSilence` once when neither `reset` was called nor `watch` changed for `timeoutMs`. */
export class SilenceTimer {
  readonly #timeoutMs: number;
  readonly #onSilence: () => void;
  readonly #watching: NodeJS.Timeout | null;
  #timer: NodeJS.Timeout;
  #stopped = false;
  #lastSeen: number | null = null;

  constructor(timeoutMs: number, watch: (() => Promise<number>) | undefined, onSilence: () => void) {
    this.#timeoutMs = timeoutMs;
    this.#onSilence = onSilence;
    this.#timer = setTimeout(onSilence, timeoutMs);
    this.#watching = watch ? setInterval(() => void this.#look(watch), Math.min(watchEveryMs, timeoutMs / 2)) : null;
  }

  reset(): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onSilence, this.#timeoutMs);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    if (this.#watching) clearInterval(this.#watching);
  }

  async #look(watch: () => Promise<number>): Promise<void> {
    // What is watched may not be there yet; that is silence, not an error.
    const seen = await watch().catch(() => this.#lastSeen);
    if (seen !== this.#lastSeen) this.reset();
    this.#lastSeen = seen;
  }
}
