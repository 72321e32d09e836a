// Requests to Keystone: with its certificates, a time limit and a few further attempts where it cannot be reached.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, fetch, type Response } from 'undici';
import { z } from 'zod';
import type { KeystoneOptions } from './options.ts';
import { tokenSchema, type Token } from './token.ts';

/** Keystone does not answer, or not in a way that says anything about a token. Never holds a token or a password. */
export class KeystoneUnavailableError extends Error {
  override readonly name = 'KeystoneUnavailableError';
}

export interface Asked {
  readonly method?: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Transport {
  /** Whatever is answered. Throws KeystoneUnavailableError when nothing is. */
  ask(url: string, asked: Asked): Promise<Response>;
  close(): Promise<void>;
}

const firstRetryPauseMs = 250;

export function createTransport(options: KeystoneOptions): Transport {
  const agent = new Agent({ connect: { timeout: options.timeoutMs, ...tlsOf(options) } });
  return {
    async ask(url, asked) {
      for (let attempt = 0; ; attempt += 1) {
        try {
          const signal = AbortSignal.timeout(options.timeoutMs);
          return await fetch(url, { ...asked, signal, dispatcher: agent, redirect: 'error' });
        } catch (error) {
          if (attempt >= options.maxRetries) throw unavailable(url, causeOf(error));
        }
        await delay(firstRetryPauseMs * 2 ** attempt);
      }
    },
    close: () => agent.close(),
  };
}

export const unavailable = (url: string, why: string): KeystoneUnavailableError =>
  new KeystoneUnavailableError(`Keystone at ${url.split('?', 1)[0]}: ${why}`);

/** Why a request failed, from what never holds the request itself. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? ('code' in cause ? String(cause.code) : cause.name) : 'failed';
}

const answer = z.object({ token: tokenSchema });

/** The token that an answer describes. Throws KeystoneUnavailableError. */
export async function tokenIn(response: Response, url: string): Promise<Token> {
  const parsed = answer.safeParse(await response.json().catch(() => null));
  if (parsed.success) return parsed.data.token;
  throw unavailable(url, 'the answer is no token');
}

function tlsOf({ tls }: KeystoneOptions): object {
  return {
    ...(tls.caFile === null ? {} : { ca: readFileSync(tls.caFile) }),
    ...(tls.certFile === null ? {} : { cert: readFileSync(tls.certFile) }),
    ...(tls.keyFile === null ? {} : { key: readFileSync(tls.keyFile) }),
    ...(tls.insecure ? { rejectUnauthorized: false } : {}),
  };
}
