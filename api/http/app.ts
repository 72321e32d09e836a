// The Express application: middlewares, the versioned API under /v3, and what answers when nothing else does.
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { readBytes } from './body.ts';
import type { ApiDeps } from './config.ts';
import { dispatch } from './dispatch.ts';
import { ApiError, faultBody } from './errors.ts';
import { sendPlainFault } from './plain-faults.ts';
import { identify, logRequests } from './request-id.ts';
import { limitRate } from './rate-limit.ts';
import { stateOf } from './request-state.ts';
import type { Route } from './route.ts';
import { sendAnswer } from './send.ts';
import { urlOf } from './urls.ts';

export interface AppParts {
  readonly routes: readonly Route[];
  /** Mounted before /v3, by path: the version document, the health check, the page. */
  readonly unversioned?: readonly { readonly path: string; readonly handler: RequestHandler }[];
}

/** Builds the application; it listens nowhere yet. */
export function createHttpApp(deps: ApiDeps, { routes, unversioned = [] }: AppParts): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false);
  app.use(identify, logRequests(deps.log));
  for (const { path, handler } of unversioned) app.use(path, handler);
  app.use(
    '/v3',
    readBytes(deps.config.maxRequestBodyBytes),
    deps.authenticate,
    limitRate(deps.config.rateLimit),
    redirectToSlash,
    dispatch(deps, routes),
  );
  app.use((_request, response) => sendPlainFault(response, 404));
  app.use(lastResort(deps));
  return app;
}

/** `/v3` is `/v3/`, as WebOb says it. */
const redirectToSlash: RequestHandler = (request, response, next) => {
  if (request.originalUrl.split('?', 1)[0] !== '/v3') {
    next();
    return;
  }
  response.statusCode = 302;
  response.setHeader('Location', `${urlOf(request)}/v3/`);
  response.setHeader('Content-Type', 'text/plain; charset=utf8');
  response.end();
};

/** Errors of the middlewares: bodies that are too large, broken off or encoded in a way nobody asked for. */
function lastResort(deps: ApiDeps): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error: unknown, _request, response, _next) => {
    const type = typeof error === 'object' && error !== null && 'type' in error ? error.type : null;
    if (type === 'entity.too.large') {
      sendPlainFault(response, 413);
      return;
    }
    const fault = error instanceof ApiError ? error : middlewareFaults[String(type)]?.();
    if (!fault) deps.log.error({ requestId: stateOf(response).requestId, err: error }, 'request failed');
    const shown = fault ?? new ApiError('Internal');
    sendAnswer(response, { status: shown.status, body: faultBody(shown) });
  };
}

const middlewareFaults: Readonly<Record<string, () => ApiError>> = {
  'encoding.unsupported': () => new ApiError('UnsupportedContentType'),
  'request.aborted': () => new ApiError('MalformedRequest'),
  'request.size.invalid': () => new ApiError('MalformedRequest'),
};
