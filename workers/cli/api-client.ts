// The command line's way to the REST API: the address and token of a state directory, or those given.
import { join } from 'node:path';
import { adminOfCloud } from './cloud-login.ts';

export interface ApiFlags {
  readonly stateDir: string;
  /** `http://host:8776/v3/<project>`; with `token` it replaces the state directory's clouds.yaml. */
  readonly endpoint?: string;
  readonly token?: string;
}

export interface ApiConnection {
  readonly endpoint: string;
  readonly token: string;
}

/** Finds the API. Throws when no Scoria has been started with that state directory. */
export async function connect({ endpoint, token, stateDir }: ApiFlags): Promise<ApiConnection> {
  if (endpoint && token) return { endpoint, token };
  if (endpoint || token) throw new Error('--endpoint and --token belong together: give both, or neither');
  const found = await adminOfCloud(join(stateDir, 'clouds.yaml'));
  if (found) return found;
  throw new Error(`no Scoria has been started with ${stateDir}; give --state-dir, or --endpoint and --token`);
}

/** One request; answers the body's JSON. Throws an error with the API's own message. */
export async function call(
  { endpoint, token }: ApiConnection,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
): Promise<unknown> {
  const response = await fetch(`${endpoint}${path}`, {
    method,
    headers: { 'X-Auth-Token': token, 'Content-Type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  }).catch((error: Error) => {
    throw new Error(`no API answers at ${endpoint} (${reasonOf(error)}): is Scoria up?`, { cause: error });
  });
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer;
  const fault = Object.values((answer ?? {}) as Record<string, { message?: string }>)[0];
  throw new Error(fault?.message ?? `the API answered ${response.status}`);
}

/** fetch() says only that it failed; why is in its cause. */
function reasonOf(error: Error): string {
  const { cause } = error;
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message;
}
