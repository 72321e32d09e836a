// Who and what is in the Keystone that `scoria up --with-keystone` starts: three people, a service, the catalogue.
import type { GlanceIdentity } from './glance.ts';
import { KeystoneClient, logIn, type Member } from './keystone-client.ts';

/** A password for each, made once for a state directory. */
export interface KeystonePasswords {
  readonly admin: string;
  readonly demo: string;
  readonly reader: string;
  readonly service: string;
}

/** Our own user, as in [keystone_authtoken]. */
export const serviceUser = { name: 'scoria', project: 'service' } as const;

/** admin is there from the start; demo and reader share a project. */
export const demoProject = 'demo';

function members(passwords: KeystonePasswords): readonly Member[] {
  return [
    { name: serviceUser.name, password: passwords.service, project: serviceUser.project, roles: ['service', 'admin'] },
    { name: 'demo', password: passwords.demo, project: demoProject, roles: ['member'] },
    { name: 'reader', password: passwords.reader, project: demoProject, roles: ['reader'] },
  ];
}

/** Glance asks about tokens as our own user. */
export const glanceIdentity = (authUrl: string, password: string): GlanceIdentity => {
  const { name: user, project } = serviceUser;
  return { authUrl, user, password, project };
};

export interface CatalogueAddresses {
  /** Scoria's, without /v3. */
  readonly apiUrl: string;
  /** null where there is none. */
  readonly glanceUrl: string | null;
}

/** Makes what is missing. */
export async function populateKeystone(
  url: string,
  passwords: KeystonePasswords,
  { apiUrl, glanceUrl }: CatalogueAddresses,
): Promise<void> {
  const token = await logIn(url, { user: 'admin', password: passwords.admin, scope: { project: 'admin' } });
  const keystone = new KeystoneClient(url, token);
  for (const member of members(passwords)) await keystone.ensureMember(member);
  // Both forms that clients know: by type, without the project; and the older one with it.
  await keystone.ensureEndpoint('block-storage', 'cinder', `${apiUrl}/v3`);
  await keystone.ensureEndpoint('volumev3', 'cinderv3', `${apiUrl}/v3/%(project_id)s`);
  if (glanceUrl !== null) await keystone.ensureEndpoint('image', 'glance', glanceUrl);
  await keystone.ensureEndpoint('compute', 'nova', `${apiUrl}/compute/v2.1`);
}
