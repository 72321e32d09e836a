// Requests to Glance: at any of its addresses, again where it cannot be reached, as the user or as our own service.
import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request, type Dispatcher } from 'undici';
import { ImageServiceError, type ImageAccess } from '../../domain/images.ts';
import type { GlanceOptions } from './options.ts';

export interface GlanceRequest {
  readonly method: Dispatcher.HttpMethod;
  /** Below the address: `/v2/images/…`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Readable;
  readonly signal?: AbortSignal;
}

export type GlanceAnswer = Pick<Dispatcher.ResponseData, 'statusCode' | 'headers' | 'body'>;

const retryPauseMs = 1_000;
const unavailable = 503;
const unauthorized = 401;
/** Forbidden, and not found. */
const hiding: ReadonlySet<number> = new Set([403, 404]);
const explanationChars = 300;

/** One for each process; it connects at the first request. */
export class GlanceConnection {
  readonly #options: GlanceOptions;
  readonly #agent: Agent;

  constructor(options: GlanceOptions) {
    this.#options = options;
    this.#agent = new Agent({ connect: tlsOf(options) });
  }

  /**
   * Whatever is answered below 300. Throws ImageServiceError otherwise, with Glance's own explanation. Only a body of
   * text can be sent again; a request whose body is a stream is tried once.
   */
  async ask(access: ImageAccess, asked: GlanceRequest): Promise<GlanceAnswer> {
    const attempts = typeof asked.body === 'object' ? 1 : this.#options.retries + 1;
    const start = Math.floor(Math.random() * access.endpoints.length);
    for (let attempt = 1; ; attempt += 1) {
      const endpoint = access.endpoints[(start + attempt) % access.endpoints.length] ?? '';
      try {
        return await this.#askOne(endpoint, access, asked);
      } catch (error) {
        asked.signal?.throwIfAborted();
        const isPassing = error instanceof ImageServiceError && (error.status === null || error.status === unavailable);
        if (!isPassing || attempt >= attempts) throw error;
      }
      await delay(retryPauseMs, undefined, { signal: asked.signal });
    }
  }

  close(): Promise<void> {
    // A worker may be told to stop twice.
    return this.#agent.closed ? Promise.resolve() : this.#agent.close();
  }

  async #askOne(endpoint: string, access: ImageAccess, asked: GlanceRequest): Promise<GlanceAnswer> {
    let refused = '';
    for (const identity of identitiesOf(access)) {
      const answer = await this.#send(`${endpoint}${asked.path}`, identity, asked);
      if (answer.statusCode < 300) return answer;
      const explanation = await explanationIn(answer);
      // What our own user may not see may be there all the same.
      const isHidden = refused !== '' && hiding.has(answer.statusCode);
      if (isHidden) throw new ImageServiceError(`${refused}; our own user: ${explanation}`, unauthorized);
      if (answer.statusCode !== unauthorized || typeof asked.body === 'object') {
        throw new ImageServiceError(explanation, answer.statusCode);
      }
      refused = explanation;
    }
    throw new ImageServiceError(refused, unauthorized);
  }

  async #send(url: string, identity: Readonly<Record<string, string>>, asked: GlanceRequest): Promise<GlanceAnswer> {
    const { timeoutMs } = this.#options;
    try {
      return await request(url, {
        method: asked.method,
        headers: { ...identity, ...asked.headers },
        body: asked.body ?? null,
        dispatcher: this.#agent,
        ...(asked.signal ? { signal: asked.signal } : {}),
        // Data may take hours; whoever sends it watches its progress.
        headersTimeout: typeof asked.body === 'object' ? 0 : timeoutMs,
        bodyTimeout: timeoutMs,
      });
    } catch (error) {
      asked.signal?.throwIfAborted();
      throw new ImageServiceError(`Glance at ${url.split('/v2/', 1)[0]}: ${causeOf(error)}`, null);
    }
  }
}

/** The user's token with ours beside it; after that ours alone, for a user's that is too old even for that. */
function identitiesOf({ userToken, serviceToken }: ImageAccess): readonly Readonly<Record<string, string>>[] {
  const service = serviceToken === null ? [] : [{ 'X-Auth-Token': serviceToken }];
  if (userToken === null) return service.length > 0 ? service : [{}];
  const beside: Record<string, string> = serviceToken === null ? {} : { 'X-Service-Token': serviceToken };
  return [{ 'X-Auth-Token': userToken, ...beside }, ...service];
}

/** Why a request failed, from what never holds its headers. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return 'failed';
  return 'code' in cause ? String(cause.code) : cause.name;
}

/** What Glance says, as its own client shows it: `HTTP 403 Forbidden: You are not …`. */
async function explanationIn({ statusCode, body }: GlanceAnswer): Promise<string> {
  const page = await body.text().catch(() => '');
  const lines = page.split('\n').map((line) => line.replaceAll(/<[^>]*>/g, '').trim());
  const words = [...new Set(lines.filter((line) => line !== ''))].join(': ').slice(0, explanationChars);
  return `HTTP ${words === '' ? statusCode : words}`;
}

function tlsOf(options: GlanceOptions): object {
  return {
    timeout: options.timeoutMs,
    ...(options.caFile === null ? {} : { ca: readFileSync(options.caFile) }),
    ...(options.certFile === null ? {} : { cert: readFileSync(options.certFile) }),
    ...(options.keyFile === null ? {} : { key: readFileSync(options.keyFile) }),
    ...(options.insecure ? { rejectUnauthorized: false } : {}),
  };
}
