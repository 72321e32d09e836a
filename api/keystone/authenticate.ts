// `auth_strategy = keystone`: who asks is who Keystone says the token is. Answers as keystonemiddleware does.
// https://docs.openstack.org/keystonemiddleware/latest/middlewarearchitecture.html
import type { Request, RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Caller } from '../http/context.ts';
import { stateOf } from '../http/request-state.ts';
import { sendAnswer } from '../http/send.ts';
import { noCredentials, type Credentials } from '../policy/evaluate.ts';
import type { PolicySource } from '../policy/policy-file.ts';
import { allowsRequest } from './access-rules.ts';
import type { IdentityService } from './identity.ts';
import type { KeystoneOptions } from './options.ts';
import { TokenCache } from './token-cache.ts';
import { roleNames, type Token } from './token.ts';
import { KeystoneUnavailableError } from './transport.ts';

const unauthorized = {
  error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' },
};
const unavailable = {
  message:
    'The server is currently unavailable. Please try again at a later time.<br /><br />\n' +
    'The Keystone service is temporarily unavailable.\n\n',
  code: '503 Service Unavailable',
  title: 'Service Unavailable',
};

const maxCachedTokens = 10_000;
const keepUnknownMs = 5_000;

export interface AuthenticateDeps {
  readonly identity: IdentityService;
  readonly options: KeystoneOptions;
  readonly policies: PolicySource;
  readonly log: Pick<Logger, 'error'>;
}

/** What came with the request, checked. */
interface Presented {
  readonly user: Token;
  readonly service: Token | null;
}

/** Puts the caller into the request's state, or answers 401 (no good token) or 503 (nobody to ask). */
export function keystone({ identity, options, policies, log }: AuthenticateDeps): RequestHandler {
  const { cacheMs: keepMs } = options;
  const cache = new TokenCache<Token>({ keepMs, keepUnknownMs, maxEntries: maxCachedTokens });

  async function known(text: string, allowExpired: boolean): Promise<Token | null> {
    const token = await cache.get(text, String(allowExpired), () => identity.validate(text, { allowExpired }));
    const isGood = token !== null && (allowExpired || Date.parse(token.expires_at) > Date.now());
    return isGood ? token : null;
  }

  async function presented(request: Request): Promise<Presented | null> {
    const userText = headerOf(request, 'x-auth-token') ?? headerOf(request, 'x-storage-token');
    const serviceText = headerOf(request, 'x-service-token');
    if (userText === null) return null;
    const service = serviceText === null ? null : await known(serviceText, false);
    const isService = service !== null && hasAny(roleNames(service), options.serviceTokenRoles);
    const isRefused = serviceText !== null && (service === null || (options.serviceTokenRolesRequired && !isService));
    if (isRefused) return null;
    const user = await known(userText, isService);
    if (user === null) return null;
    const asked = { method: request.method, path: request.originalUrl.split('?', 1)[0] ?? '', isService };
    return allowsRequest(user, options.serviceType, asked) ? { user, service } : null;
  }

  return async (request, response, next) => {
    try {
      await policies.refresh();
      const found = await presented(request);
      if (found === null) {
        const headers = { 'WWW-Authenticate': `Keystone uri="${identity.wwwAuthenticateUri}"` };
        sendAnswer(response, { status: 401, body: unauthorized, headers });
        return;
      }
      stateOf(response).caller = callerOf(found, policies, options);
    } catch (error) {
      if (!(error instanceof KeystoneUnavailableError)) throw error;
      log.error({ problem: error.message, requestId: stateOf(response).requestId }, 'tokens cannot be checked');
      sendAnswer(response, { status: 503, body: unavailable });
      return;
    }
    next();
  };
}

function headerOf(request: Request, name: string): string | null {
  return request.get(name)?.trim() || null;
}

const hasAny = (roles: readonly string[], wanted: readonly string[]): boolean =>
  roles.some((role) => wanted.includes(role));

/** Who that is; `isAdmin` is what the rule `context_is_admin` says, as in Cinder. */
function callerOf({ user, service }: Presented, { rules }: PolicySource, options: KeystoneOptions): Caller {
  const credentials: Credentials = {
    ...noCredentials,
    user_id: user.user.id,
    project_id: user.project?.id ?? null,
    roles: roleNames(user),
    is_admin_project: user.is_admin_project,
    system_scope: user.system?.all ? 'all' : null,
    domain_id: user.domain?.id ?? null,
    user_domain_id: user.user.domain?.id ?? null,
    project_domain_id: user.project?.domain?.id ?? null,
    service_user_id: service?.user.id ?? null,
    service_project_id: service?.project?.id ?? null,
    service_roles: service ? roleNames(service) : [],
  };
  const isAdmin = rules.allows('context_is_admin', credentials, { ...credentials });
  return {
    projectId: credentials.project_id ?? '',
    userId: credentials.user_id,
    isAdmin,
    isService: hasAny(credentials.service_roles, options.serviceTokenRoles),
    credentials: { ...credentials, is_admin: isAdmin },
  };
}
