// Application credentials may be good for some requests only: `GET /v3/*/volumes` of the service `block-storage`.
// https://docs.openstack.org/keystone/latest/user/application_credentials.html#access-rules
import type { Token } from './token.ts';

export interface AskedRequest {
  readonly method: string;
  /** With /v3, without the query. */
  readonly path: string;
  /** Services may go on with what a user was allowed to ask of them. */
  readonly isService: boolean;
}

/** Whether the token's rules, if it has any, allow this request. Where the catalogue has no service of ours, they allow nothing. */
export function allowsRequest(token: Token, serviceType: string | null, request: AskedRequest): boolean {
  const rules = token.application_credential?.access_rules;
  if (rules === undefined) return true;
  if (serviceType === null || !token.catalog.some(({ type }) => type === serviceType)) return false;
  if (request.isService) return true;
  return rules.some(
    ({ service, method, path }) =>
      service === serviceType && method === request.method && patternOf(path).test(request.path),
  );
}

/** `*` and `{name}` are one part of a path, `**` any number of parts. */
function patternOf(path: string): RegExp {
  const parts = path.split(/(\*\*|\*|\{[^}]*\})/);
  const source = parts.map((part, index) => {
    if (index % 2 === 0) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return part === '**' ? '.*' : '[^/]+';
  });
  return new RegExp(`^${source.join('')}$`);
}
