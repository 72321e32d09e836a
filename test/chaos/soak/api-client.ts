// A client of the REST API that never gives up: it repeats a request under its Idempotency-Key until it is answered.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Violations } from './violations.ts';

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

const requestMs = 30_000;
const patienceMs = 180_000;
const pauseMs = 300;
const retried = [502, 503, 504];

export class ApiClient {
  readonly #url: string;
  readonly #token: string;
  readonly #violations: Violations;
  /** Answers that were no answer: refused and broken connections, 503. */
  interruptions = 0;
  requests = 0;

  constructor(url: string, token: string, violations: Violations) {
    this.#url = url;
    this.#token = token;
    this.#violations = violations;
  }

  async get(path: string): Promise<Answer> {
    return this.#untilAnswered('GET', path, undefined, {});
  }

  async send(method: 'POST' | 'DELETE' | 'PUT', path: string, body?: object): Promise<Answer> {
    return this.#untilAnswered(method, path, body, { 'Idempotency-Key': randomUUID() });
  }

  async #untilAnswered(
    method: string,
    path: string,
    body: object | undefined,
    headers: Record<string, string>,
  ): Promise<Answer> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const answer = await this.#once(method, path, body, headers);
      if (answer !== null && !retried.includes(answer.status) && !isInProgress(answer)) {
        if (answer.status >= 500)
          this.#violations.add(`${method} ${path} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
        return answer;
      }
      this.interruptions += 1;
      if (Date.now() > deadline) {
        this.#violations.add(`${method} ${path} was not answered in ${patienceMs / 1000} s`);
        return answer ?? { status: 0, body: {} };
      }
      await delay(pauseMs);
    }
  }

  async #once(
    method: string,
    path: string,
    body: object | undefined,
    headers: Record<string, string>,
  ): Promise<Answer | null> {
    this.requests += 1;
    try {
      const response = await fetch(`${this.#url}${path}`, {
        method,
        headers: { 'X-Auth-Token': this.#token, 'Content-Type': 'application/json', ...headers },
        signal: AbortSignal.timeout(requestMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text.startsWith('{') ? (JSON.parse(text) as Answer['body']) : {} };
    } catch {
      return null;
    }
  }
}

/** The first try under this key is still being answered, somewhere. */
const isInProgress = ({ status, body }: Answer): boolean => status === 409 && /idempotency/i.test(JSON.stringify(body));
