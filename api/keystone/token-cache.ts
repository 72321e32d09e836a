// Remembers for a while what Keystone said of tokens: of so many at most, and of one token one question at a time.
import { createHash } from 'node:crypto';

interface Entry<Value> {
  readonly answer: Promise<Value | null>;
  until: number;
}

export interface TokenCacheOptions {
  /** null = nothing is remembered; questions under way are still shared. */
  readonly keepMs: number | null;
  /** For tokens that Keystone does not know: a flood of them must not become one at Keystone. */
  readonly keepUnknownMs: number;
  readonly maxEntries: number;
}

/** Tokens themselves are not kept: their digests are. */
export class TokenCache<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #options: TokenCacheOptions;

  constructor(options: TokenCacheOptions) {
    this.#options = options;
  }

  /** `ask`'s answer, or an earlier one for the same token and `kind`; errors are not remembered. */
  async get(token: string, kind: string, ask: () => Promise<Value | null>): Promise<Value | null> {
    const key = createHash('sha256').update(`${kind} ${token}`).digest('base64');
    const known = this.#entries.get(key);
    if (known && known.until > performance.now()) return known.answer;
    const entry: Entry<Value> = { answer: ask(), until: Number.POSITIVE_INFINITY };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.#forgetOldest();
    try {
      const value = await entry.answer;
      const keepMs =
        value === null ? Math.min(this.#options.keepUnknownMs, this.#options.keepMs ?? 0) : this.#options.keepMs;
      if (keepMs === null) this.#forget(key, entry);
      else entry.until = performance.now() + keepMs;
      return value;
    } catch (error) {
      this.#forget(key, entry);
      throw error;
    }
  }

  get size(): number {
    return this.#entries.size;
  }

  #forget(key: string, entry: Entry<Value>): void {
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
  }

  #forgetOldest(): void {
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= this.#options.maxEntries) return;
      this.#entries.delete(key);
    }
  }
}
