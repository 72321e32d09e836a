// Asks Keystone about tokens, as our own user.
import { setTimeout as delay } from 'node:timers/promises';
import type { KeystoneOptions } from './options.ts';
import { createOwnToken, versioned, type OwnToken } from './own-token.ts';
import type { Token } from './token.ts';
import { createTransport, tokenIn, unavailable } from './transport.ts';

export interface IdentityService {
  /** What the token stands for; null when Keystone does not know it. Throws KeystoneUnavailableError. */
  validate(token: string, options: { readonly allowExpired: boolean }): Promise<Token | null>;
  /** The token of our own user, with the catalogue that came with it. Throws KeystoneUnavailableError. */
  ownToken(): Promise<Pick<OwnToken, 'text' | 'catalog'>>;
  /** Where clients log in. */
  readonly wwwAuthenticateUri: string;
  close(): Promise<void>;
}

/** Keystone hides tokens that are good for some requests only from who would not look at their rules. */
const understood = { Accept: 'application/json', 'OpenStack-Identity-Access-Rules': '1.0' } as const;

/**
 * Keystone revokes by whole seconds: a token issued in the second of a revocation goes with the older ones.
 * Waited before the second renewal; keystone/models/revoke_model.py of Keystone 30.
 */
const revocationSecondMs = 1_100;

/** Connects at the first question, not before. */
export function createIdentityService(options: KeystoneOptions): IdentityService {
  const transport = createTransport(options);
  const ownToken = createOwnToken(options, transport);
  return {
    async validate(token, { allowExpired }) {
      let refused: OwnToken | null = null;
      for (let renewals = 0; ; renewals += 1) {
        const mine = await ownToken(refused);
        const url = `${mine.url}/auth/tokens${allowExpired ? '?allow_expired=1' : ''}`;
        const headers = { ...understood, 'X-Auth-Token': mine.text, 'X-Subject-Token': token };
        const response = await transport.ask(url, { headers });
        if (response.status === 200) return tokenIn(response, url);
        await response.body?.cancel();
        if (response.status === 404) return null;
        if (response.status !== 401 || renewals === 2) throw unavailable(url, `answered ${response.status}`);
        if (renewals === 1) await delay(revocationSecondMs);
        refused = mine;
      }
    },
    ownToken: () => ownToken(null),
    wwwAuthenticateUri: options.wwwAuthenticateUri ?? versioned(options.authUrl),
    close: () => transport.close(),
  };
}
