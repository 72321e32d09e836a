// The way of a request under /v3, in Cinder's order: route, microversion, content type, body, project, version, schema,
// policy, handler.
import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { deriveId, findOperation, storeAnswer } from '../../prisma/store/operations/idempotency.ts';
import { inTransaction } from '../../prisma/store/database/transaction.ts';
import { bytesOf, checkContentType, mustBeText, parseBody } from './body.ts';
import type { ApiDeps } from './config.ts';
import type { Answer, RequestContext } from './context.ts';
import { ApiError, faultBody } from './errors.ts';
import {
  answerAgain,
  answerOnce,
  keyedRequest,
  repeatableStarter,
  sealAnswer,
  type KeyedRequest,
} from './idempotency.ts';
import { createMatcher, type PathMatch } from './match.ts';
import {
  answeredMicroversion,
  minimumMicroversion,
  minorOf,
  negotiateMicroversion,
  type Microversion,
} from './microversion.ts';
import { refuseOwnerless } from './ownerless.ts';
import { sendPlainFault } from './plain-faults.ts';
import { allows, authorize } from './policy.ts';
import { faultOfRefused } from './refused.ts';
import { stateOf } from './request-state.ts';
import type { Route } from './route.ts';
import { sendAnswer } from './send.ts';
import { faultOf, isUnforeseen } from './translate.ts';
import { publicUrlOf } from './urls.ts';
import { validate } from './validate.ts';

const versionHeader = 'OpenStack-API-Version';

/** Serves a table of routes; a path that is not in it gets WebOb's 404. */
export function dispatch(
  deps: ApiDeps,
  routes: readonly Route[],
  /** False for another service's paths: Cinder's microversions mean nothing there. */
  { versioned = true }: { readonly versioned?: boolean } = {},
): RequestHandler {
  const match = createMatcher(routes);
  return async (request, response) => {
    const { requestId } = stateOf(response);
    let found: PathMatch | null;
    try {
      // A HEAD is a GET whose body Node leaves out.
      found = match(request.method === 'HEAD' ? 'GET' : request.method, segmentsOf(request.path));
    } catch (error) {
      sendFault(deps, response, error);
      return;
    }
    if (!found) {
      sendPlainFault(response, 404);
      return;
    }
    if (!versioned) delete request.headers['openstack-api-version'];
    const version = versioned ? answeredMicroversion(request.get(versionHeader)) : null;
    response.setHeader('x-compute-request-id', requestId);
    if (version !== null) response.set({ [versionHeader]: `volume ${version}`, Vary: versionHeader });
    stateOf(response).microversion = version;
    try {
      sendAnswer(response, await answer(deps, request, response, found));
    } catch (error) {
      sendFault(deps, response, error);
    }
  };
}

/** The path below /v3, decoded; `.json` at its end says nothing. Throws UndecodableRequest. */
function segmentsOf(path: string): string[] {
  const parts = (path === '/' ? '' : path)
    .replace(/\.json$/, '')
    .split('/')
    .slice(1);
  try {
    return parts.map((part) => mustBeText(decodeURIComponent(part)));
  } catch {
    throw new ApiError('UndecodableRequest');
  }
}

async function answer(deps: ApiDeps, request: Request, response: Response, found: PathMatch): Promise<Answer> {
  const microversion = negotiateMicroversion(request.get(versionHeader));
  const bytes = bytesOf(request.body);
  const contentType = request.get('content-type');
  checkContentType(bytes, contentType);
  const body = parseBody(bytes, contentType);
  const candidates = ofAction(found.routes, body);
  const { caller } = stateOf(response);
  if (!caller) throw new Error('no caller: the authentication middleware is missing');
  if (found.projectId !== null && found.projectId !== caller.projectId) throw new ApiError('MalformedUrl');
  const route = candidates.find((candidate) => isOfVersion(candidate, microversion));
  if (!route) throw new ApiError('ResourceNotFound');

  const { method, path } = request;
  const key = method === 'GET' || method === 'HEAD' ? undefined : request.get('idempotency-key');
  const asked = { projectId: caller.projectId, method, path: pathOf(path, found, request), body: bytes };
  const keyed = keyedRequest(key, asked, deps.config.rpcResponseTimeoutMs);
  const parsed = () => (route.schema ? validate(route.schema, body) : body) as never;
  await deps.policies.refresh();
  if (!keyed || !allows(deps.policies.rules, route.policy, caller)) {
    const value = parsed();
    const context = contextOf(deps, request, response, found, microversion, null);
    if (context.can(route.policy)) return route.handler(context, value);
    const refusal = new ApiError('PolicyNotAuthorized', { action: route.policy });
    throw await faultOfRefused(context, route, value, refusal);
  }
  const { answer: once, replayed } = await answerOnce(
    deps,
    keyed,
    async (seed) => {
      const value = parsed();
      const context = contextOf(deps, request, response, found, microversion, { keyed, seed });
      const accepted = await findOperation(deps.db, context.operationId);
      const again = accepted && (await answerAgain(accepted, context, route.again));
      return again ?? route.handler(context, value);
    },
    (error) => faultAnswer(error),
  );
  if (replayed) response.setHeader('Idempotency-Replayed', 'true');
  return once;
}

/** The path that a key is unique within: the same with and without project, with its query. */
function pathOf(path: string, { projectId }: PathMatch, request: Request): string {
  const bare = projectId === null ? path : path.slice(projectId.length + 1);
  return bare + request.originalUrl.slice(request.originalUrl.split('?', 1)[0]?.length);
}

/** Among actions, those that the body's one key names. Throws MalformedBody, NoSuchAction. */
function ofAction(routes: readonly Route[], body: unknown): readonly Route[] {
  if (!routes.some((route) => route.action !== undefined)) return routes;
  const keys = body !== null && typeof body === 'object' && !Array.isArray(body) ? Object.keys(body) : [];
  if (keys.length !== 1) throw new ApiError('MalformedBody');
  const action = keys[0] ?? '';
  const named = routes.filter((route) => route.action === action);
  if (named.length === 0) throw new ApiError('NoSuchAction', { action });
  return named;
}

function isOfVersion({ since = minimumMicroversion, before }: Route, version: Microversion): boolean {
  const minor = minorOf(version);
  return minor >= minorOf(since) && (before === undefined || minor < minorOf(before));
}

function contextOf(
  deps: ApiDeps,
  request: Request,
  response: Response,
  found: PathMatch,
  microversion: Microversion,
  repeat: { readonly keyed: KeyedRequest; readonly seed: string } | null,
): RequestContext {
  const { caller, requestId } = stateOf(response);
  if (!caller) throw new Error('no caller: the authentication middleware is missing');
  const [, queryText = ''] = /\?(.*)$/s.exec(request.originalUrl) ?? [];
  const search = new URLSearchParams(queryText);
  for (const [name, value] of search) mustBeText(name + value);
  const query: Record<string, string> = Object.assign(Object.create(null) as object, Object.fromEntries(search));
  const bookmarkUrl = publicUrlOf(request, deps.config.publicEndpoint);
  const newId = (purpose: string) => (repeat ? deriveId(repeat.seed, purpose) : randomUUID());
  const operations = repeat ? repeatableStarter(deps.db, deps.operations) : deps.operations;
  return {
    ...caller,
    db: deps.db,
    config: deps.config,
    operations: caller.projectId === '' ? refuseOwnerless(operations) : operations,
    orders: deps.orders,
    stateChecks: deps.stateChecks,
    images: deps.images ?? null,
    log: deps.log.child({ requestId }),
    processLog: deps.log,
    requestId,
    microversion,
    atLeast: (version) => minorOf(microversion) >= minorOf(version),
    params: found.params,
    query,
    search,
    header: (name) => request.get(name),
    baseUrl: `${bookmarkUrl}/v3`,
    bookmarkUrl,
    projectPath: found.projectId === null ? '' : `/${found.projectId}`,
    operationId: newId('operation'),
    newId,
    authorize: (policy, target) => authorize(deps.policies.rules, policy, caller, target),
    can: (policy, target) => allows(deps.policies.rules, policy, caller, target),
    inTransaction: (work) =>
      inTransaction(deps.db, async (tx) => {
        const result = await work(tx);
        if (repeat)
          await storeAnswer(tx, repeat.keyed.scope, sealAnswer(deps.config.secretKey, repeat.keyed.scope, result));
        return result;
      }),
  };
}

function faultAnswer(error: unknown): { status: number; body: unknown; headers: Readonly<Record<string, string>> } {
  const fault = faultOf(error);
  return { status: fault.status, body: faultBody(fault), headers: fault.headers };
}

/** Answers a fault; one that nobody has foreseen is logged with its cause, of which the client hears nothing. */
function sendFault(deps: ApiDeps, response: Response, error: unknown): void {
  if (isUnforeseen(error)) deps.log.error({ requestId: stateOf(response).requestId, err: error }, 'request failed');
  sendAnswer(response, faultAnswer(error));
}
