// Notices that a command has gone silent: no output, and no change of what it is known to be changing.

const watchEveryMs = 1_000;
let patience = 1;

/** Multiplies every later time limit by `factor`, for fault tests: a command that hangs is then given up in seconds. */
export function scalePatience(factor: number): void {
  patience = factor;
}

/** Calls `onSilence` once when neither `reset` was called nor `watch` changed for `timeoutMs`. */
export class SilenceTimer {
  readonly #timeoutMs: number;
  readonly #onSilence: () => void;
  readonly #watching: NodeJS.Timeout | null;
  #timer: NodeJS.Timeout;
  #stopped = false;
  #lastSeen: number | null = null;

  constructor(timeoutMs: number, watch: (() => Promise<number>) | undefined, onSilence: () => void) {
    this.#timeoutMs = timeoutMs * patience;
    this.#onSilence = onSilence;
    this.#timer = setTimeout(onSilence, this.#timeoutMs);
    const everyMs = Math.min(watchEveryMs, this.#timeoutMs / 2);
    this.#watching = watch ? setInterval(() => void this.#look(watch), everyMs) : null;
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
