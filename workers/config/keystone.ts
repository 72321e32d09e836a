// The section [keystone_authtoken] as the API wants it, and what it lacks when tokens are Keystone's.
import type { KeystoneOptions, ServiceLogin } from '../../api/keystone/options.ts';
import type { FixedValues } from './config.ts';
import type { Problem } from './problem.ts';
import type { Source } from './source.ts';

type Values = FixedValues['keystone_authtoken'];

const passwordNeeds: readonly (readonly (keyof Values)[])[] = [
  ['auth_url'],
  ['username', 'user_id'],
  ['password'],
  ['project_name', 'project_id'],
];
const credentialNeeds: readonly (readonly (keyof Values)[])[] = [
  ['auth_url'],
  ['application_credential_id'],
  ['application_credential_secret'],
];

/** A problem for each option that a login needs and that is not set; of alternatives one will do. */
export function missingForKeystone(values: FixedValues, source: Source): readonly Problem[] {
  if (values.DEFAULT.auth_strategy !== 'keystone') return [];
  const section = values.keystone_authtoken;
  const needs = section.auth_type === 'v3applicationcredential' ? credentialNeeds : passwordNeeds;
  const why = 'needed by: api with [DEFAULT] auth_strategy = keystone; for one machine there is noauth';
  return needs
    .filter((names) => names.every((name) => section[name] === null))
    .map((names) => ({
      section: 'keystone_authtoken',
      option: names.join(' or '),
      found: null,
      allowed: `Cinder's service user in Keystone (${why})`,
      where: source.name,
    }));
}

/** null without Keystone. The values were checked by `missingForKeystone` for roles that use it. */
export function keystoneOf({ DEFAULT: main, keystone_authtoken: section }: FixedValues): KeystoneOptions | null {
  if (main.auth_strategy !== 'keystone' || section.auth_url === null) return null;
  return {
    authUrl: section.auth_url,
    wwwAuthenticateUri: section.www_authenticate_uri,
    login: loginOf(section),
    interface: section.interface,
    regionName: section.region_name,
    tls: {
      caFile: section.cafile,
      certFile: section.certfile,
      keyFile: section.keyfile,
      insecure: section.insecure,
    },
    timeoutMs: section.http_connect_timeout * 1000,
    maxRetries: section.http_request_max_retries,
    cacheMs: section.token_cache_time < 0 ? null : section.token_cache_time * 1000,
    serviceTokenRoles: section.service_token_roles,
    serviceTokenRolesRequired: section.service_token_roles_required,
    serviceType: section.service_type,
  };
}

function loginOf(section: Values): ServiceLogin {
  if (section.auth_type === 'v3applicationcredential') {
    const { application_credential_id: id, application_credential_secret: credentialSecret } = section;
    return { method: 'application_credential', id: id ?? '', secret: credentialSecret ?? '' };
  }
  return {
    method: 'password',
    user: {
      id: section.user_id,
      name: section.username,
      domainId: section.user_domain_id ?? (section.user_domain_name === null ? 'default' : null),
      domainName: section.user_domain_name,
      password: section.password ?? '',
    },
    project: {
      id: section.project_id,
      name: section.project_name,
      domainId: section.project_domain_id ?? (section.project_domain_name === null ? 'default' : null),
      domainName: section.project_domain_name,
    },
  };
}
