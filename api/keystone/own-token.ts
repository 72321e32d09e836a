// The token of our own user, renewed before it runs out or when Keystone refuses it.
import type { KeystoneOptions, Named, ServiceLogin } from './options.ts';
import type { Token } from './token.ts';
import { tokenIn, unavailable, type Transport } from './transport.ts';

export interface OwnToken {
  readonly text: string;
  readonly expiresAt: number;
  /** The address that tokens are checked at, ending in /v3. */
  readonly url: string;
  readonly catalog: Token['catalog'];
}

/** Renewed this long before it runs out. */
const renewBeforeMs = 60_000;

/** Answers the token in use; `refused` is one that Keystone does not take any more. One login at a time, whoever asks. */
export type OwnTokenSource = (refused: OwnToken | null) => Promise<OwnToken>;

export function createOwnToken(options: KeystoneOptions, transport: Transport): OwnTokenSource {
  let own: Promise<OwnToken> | null = null;
  function logInOnce(): Promise<OwnToken> {
    const login = logIn(options, transport);
    login.catch(() => {
      if (own === login) own = null;
    });
    return login;
  }
  return async (refused) => {
    for (;;) {
      const isNew = own === null;
      const held = (own ??= logInOnce());
      const token = await held;
      if (isNew || (token !== refused && token.expiresAt - Date.now() > renewBeforeMs)) return token;
      if (own === held) own = null;
    }
  };
}

async function logIn(options: KeystoneOptions, transport: Transport): Promise<OwnToken> {
  const authUrl = versioned(options.authUrl);
  const loginUrl = `${authUrl}/auth/tokens`;
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
  const body = JSON.stringify({ auth: authOf(options.login) });
  const response = await transport.ask(loginUrl, { method: 'POST', headers, body });
  const text = response.headers.get('x-subject-token');
  if (response.status !== 201 || text === null) {
    await response.body?.cancel();
    throw unavailable(loginUrl, `our own login is answered ${response.status}`);
  }
  const token = await tokenIn(response, loginUrl);
  const url = endpointOf(token.catalog, { serviceType: 'identity', interface: options.interface }, options.regionName);
  return {
    text,
    expiresAt: Date.parse(token.expires_at),
    url: url === null ? authUrl : versioned(url),
    catalog: token.catalog,
  };
}

/** With /v3 at the end, once. */
export const versioned = (url: string): string => `${url.replace(/\/+$/, '').replace(/\/v3$/, '')}/v3`;

/** A service's address in a catalogue; null where it has none. */
export function endpointOf(
  catalog: Token['catalog'],
  wanted: { readonly serviceType: string; readonly interface: string },
  regionName: string | null,
): string | null {
  const endpoints = catalog.filter(({ type }) => type === wanted.serviceType).flatMap((service) => service.endpoints);
  const found = endpoints.find(
    ({ interface: kind, region, region_id: regionId }) =>
      kind === wanted.interface && (regionName === null || regionName === (region ?? regionId)),
  );
  return found?.url ?? null;
}

function authOf(login: ServiceLogin): object {
  if (login.method === 'application_credential') {
    const { method, id, secret } = login;
    return { identity: { methods: [method], application_credential: { id, secret } } };
  }
  const user = { ...nameOf(login.user), password: login.user.password };
  return { identity: { methods: ['password'], password: { user } }, scope: { project: nameOf(login.project) } };
}

function nameOf({ id, name, domainId, domainName }: Named): object {
  if (id !== null) return { id };
  return { name, domain: domainId === null ? { name: domainName } : { id: domainId } };
}
