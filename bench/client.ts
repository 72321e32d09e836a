// One HTTP client for both sides: kept connections, times taken around request and whole answer.
import { performance } from 'node:perf_hooks';
import { Pool } from 'undici';

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** From sending to the answer's last byte; reading it as JSON is not the server's time. */
  readonly elapsedMs: number;
}

export interface VolumeClient {
  /** `path` begins behind the project: `/volumes`. Throws on any status outside `expected` (default 2xx). */
  ask(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object, expected?: readonly number[]): Promise<Answer>;
  close(): Promise<void>;
}

export interface Endpoint {
  /** `http://host:port/v3/<project>` */
  readonly url: string;
  readonly token: string;
}

/** As many connections as a burst needs and one for polling. A server that closes them (Cinder's does) gets new ones. */
export function createVolumeClient({ url, token }: Endpoint, connections: number): VolumeClient {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections, pipelining: 1, headersTimeout: 300_000, bodyTimeout: 300_000 });
  const headers = {
    'x-auth-token': token,
    'content-type': 'application/json',
    accept: 'application/json',
    'openstack-api-version': 'volume 3.60',
  };
  return {
    async ask(method, path, body, expected) {
      const started = performance.now();
      const content = body === undefined ? null : JSON.stringify(body);
      const response = await pool.request({ method, path: `${pathname}${path}`, headers, body: content });
      const text = await response.body.text();
      const elapsedMs = performance.now() - started;
      const { statusCode: status } = response;
      const fine = expected ? expected.includes(status) : status >= 200 && status < 300;
      if (!fine) throw new Error(`${method} ${url}${path}: ${status} ${text.slice(0, 300)}`);
      return { status, text, elapsedMs };
    },
    close: () => pool.close(),
  };
}
